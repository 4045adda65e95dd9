package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cm4j.tensor.DType;
import dev.cm4j.testing.PeerPython;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints we write: read again by us and by PyTorch. */
class TorchWriterTest {

    @TempDir private Path folder;

    /** Every element type, a single value, empty tensors, names of all kinds. */
    private static Map<String, TensorEntry> every() {
        Map<String, TensorEntry> tensors = new LinkedHashMap<>();
        for (DType type : DType.values()) {
            add(tensors, "type." + type, type, 3, 5);
        }
        add(tensors, "single", DType.F32);
        add(tensors, "empty", DType.F32, 0, 3);
        add(tensors, "wide", DType.F16, 1, 70_000);
        add(tensors, "größe/ü", DType.I64, 7);
        return tensors;
    }

    private static void add(
            Map<String, TensorEntry> tensors, String name, DType type, long... shape) {
        byte[] bytes = new byte[Math.toIntExact(TensorEntry.elements(shape) * type.bytes())];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (type == DType.BOOL ? i % 2 : i * 37 % 101);
        }
        tensors.put(name, new TensorEntry(name, type, shape, MemorySegment.ofArray(bytes)));
    }

    @Test
    void what_is_written_is_read_in_the_same_order() {
        Path file = folder.resolve("all.pt");
        TorchWriter.write(file, every());
        try (TorchFile read = TorchFile.open(file)) {
            assertEquals(List.copyOf(every().keySet()), List.copyOf(read.entries().keySet()));
            assertEquals(every(), read.entries());
            assertEquals(List.of(), read.notices());
        }
    }

    @Test
    void payloads_lie_at_multiples_of_64() {
        Path file = folder.resolve("all.pt");
        TorchWriter.write(file, every());
        try (Arena arena = Arena.ofConfined()) {
            var records = ZipRecords.of(file, MappedFile.map(file, arena)).records();
            assertEquals(every().size() + 3, records.size());
            records.values().forEach(record -> assertEquals(0, record.payload() % 64));
            records.values().forEach(record -> assertFalse(record.deflated()));
        }
    }

    @Test
    void equal_tensors_make_equal_files() throws IOException {
        TorchWriter.write(folder.resolve("a.pt"), every());
        TorchWriter.write(folder.resolve("b.pt"), every());
        assertEquals(-1, Files.mismatch(folder.resolve("a.pt"), folder.resolve("b.pt")));
    }

    @Test
    void tensors_come_one_at_a_time_and_are_counted() {
        List<String> events = new ArrayList<>();
        List<PendingTensor> pending = new ArrayList<>();
        every().forEach((name, entry) ->
                pending.add(
                        new PendingTensor(
                                name,
                                entry.dtype(),
                                entry.shape(),
                                () -> {
                                    events.add(name);
                                    return entry.data();
                                })));
        long total = every().values().stream().mapToLong(e -> e.data().byteSize()).sum();
        TorchWriter.write(
                folder.resolve("all.pt"),
                pending,
                (written, of) -> {
                    assertEquals(total, of);
                    events.add(Long.toString(written));
                });
        assertEquals(2 * pending.size(), events.size());
        assertEquals(Long.toString(total), events.getLast());
    }

    @Test
    void a_failure_leaves_the_old_file_and_nothing_else() throws IOException {
        Path file = folder.resolve("all.pt");
        TorchWriter.write(file, every());
        byte[] before = Files.readAllBytes(file);
        PendingTensor broken =
                new PendingTensor(
                        "broken",
                        DType.F32,
                        new long[] {2},
                        () -> MemorySegment.ofArray(new byte[4]));
        var refusal =
                assertThrows(
                        IllegalStateException.class,
                        () -> TorchWriter.write(file, List.of(broken), WriteProgress.NONE));
        assertTrue(refusal.getMessage().contains("broken"));
        assertEquals(
                -1,
                MemorySegment.ofArray(before)
                        .mismatch(MemorySegment.ofArray(Files.readAllBytes(file))));
        try (var inside = Files.list(folder)) {
            assertEquals(List.of(file), inside.toList());
        }
    }

    @Test
    void two_tensors_of_one_name_are_refused() {
        PendingTensor one =
                new PendingTensor(
                        "w", DType.U8, new long[] {1}, () -> MemorySegment.ofArray(new byte[1]));
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        TorchWriter.write(
                                folder.resolve("w.pt"), List.of(one, one), WriteProgress.NONE));
    }

    @Test
    void numbers_change_their_width_by_rounding_to_even() {
        MemorySegment data =
                MemorySegment.ofArray(
                        new float[] {1.00390625f, 1.01171875f, Float.NaN, -65520f, 0.1f});
        PendingTensor wide = new PendingTensor("w", DType.F32, new long[] {5}, () -> data);
        assertEquals(
                List.of(0x3F80, 0x3F82, 0x7FC0, 0xC780, 0x3DCD),
                shorts(wide.as(DType.BF16).data().get()));
        assertEquals(
                List.of(0x3C04, 0x3C0C, 0x7E00, 0xFC00, 0x2E66),
                shorts(wide.as(DType.F16).data().get()));
        PendingTensor whole =
                new PendingTensor("n", DType.I64, new long[] {0}, () -> MemorySegment.NULL);
        assertEquals(DType.I64, whole.as(DType.F16).dtype());
    }

    private static List<Integer> shorts(MemorySegment data) {
        List<Integer> values = new ArrayList<>();
        for (long at = 0; at < data.byteSize(); at += Short.BYTES) {
            values.add(MappedFile.u16(data, at));
        }
        return values;
    }

    @Test
    void pytorch_loads_it_safely_and_mapped() {
        PeerPython python = PeerPython.require("torch", "safetensors");
        Path file = folder.resolve("all.pt");
        Path twin = folder.resolve("all.safetensors");
        TorchWriter.write(file, every());
        SafetensorsFile.write(twin, every(), Map.of());
        String said =
                python.run(
                        """
                        import sys, torch, safetensors.torch
                        twin = safetensors.torch.load_file(sys.argv[2])
                        for mapped in (False, True):
                            ours = torch.load(sys.argv[1], weights_only=True, mmap=mapped)
                            assert set(ours) == set(twin), set(ours) ^ set(twin)
                            for name, tensor in ours.items():
                                assert tensor.dtype == twin[name].dtype, name
                                assert tensor.shape == twin[name].shape, name
                                assert tensor.is_contiguous(), name
                                assert tensor.storage_offset() == 0, name
                                raw = lambda t: t.contiguous().flatten().view(torch.uint8)
                                if tensor.numel():
                                    assert torch.equal(raw(tensor), raw(twin[name])), name
                        print(list(ours)[-1], len(ours))
                        """,
                        file,
                        twin);
        assertTrue(said.strip().endsWith("größe/ü " + every().size()), said);
    }

    /** Writes 2 GiB to the disk of temporary files, so only where it is asked for. */
    @Test
    void more_than_two_gibibytes_are_written_in_pieces() throws IOException {
        assumeTrue(
                Boolean.getBoolean("cm4j.large"), "skipped: set -Dcm4j.large=true to write 2 GiB");
        Path file = folder.resolve("large.pt");
        long elements = (2L << 30) + 5;
        try (Arena arena = Arena.ofConfined()) {
            Path zeros = folder.resolve("zeros");
            try (var out = new RandomAccessFile(zeros.toFile(), "rw")) {
                out.setLength(elements);
            }
            MemorySegment data = MappedFile.map(zeros, arena);
            TorchWriter.write(
                    file, Map.of("w", new TensorEntry("w", DType.U8, new long[] {elements}, data)));
        }
        try (TorchFile read = TorchFile.open(file)) {
            assertEquals(elements, read.entries().get("w").elementCount());
        }
    }
}
