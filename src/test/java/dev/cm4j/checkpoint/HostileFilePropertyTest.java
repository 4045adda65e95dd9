package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.cm4j.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Valid files of every kind, spoilt in every way: each is refused with a {@link FormatException} or
 * opens, at once and in little memory; where the file has checksums, what opens is what was saved.
 */
class HostileFilePropertyTest {

    private static final Duration AT_ONCE = Duration.ofSeconds(10);
    private static final long LITTLE_MEMORY = 64L << 20;
    private static final long[] LENGTHS = {
        0,
        1,
        -1,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        1L << 40,
        0xFFFF
    };

    /** Files with a checksum for every byte that makes a tensor. */
    private static final Map<String, byte[]> CHECKED =
            Map.of(
                    "ours.pt",
                    written("ours.pt", file -> TorchWriter.write(file, tensors())),
                    "java.pt",
                    torch(false),
                    "deflated.pt",
                    torch(true),
                    "arrays.npz",
                    written("arrays.npz", file -> NpzFile.write(file, tensors())));

    private static final Map<String, byte[]> UNCHECKED =
            Map.of(
                    "legacy.pt",
                    legacy(),
                    "plain.safetensors",
                    written(
                            "plain.safetensors",
                            file -> SafetensorsFile.write(file, tensors(), Map.of("a", "b"))),
                    "pickle.pt",
                    TorchBytes.smallPickle(),
                    "model.safetensors.index.json",
                    index());

    /** One way to spoil a file, told in full when a property fails. */
    private sealed interface Damage {

        byte[] to(byte[] whole);

        record Bit(int place, int bit) implements Damage {
            @Override
            public byte[] to(byte[] whole) {
                byte[] bytes = whole.clone();
                bytes[place % bytes.length] ^= (byte) (1 << bit);
                return bytes;
            }
        }

        record Cut(int length) implements Damage {
            @Override
            public byte[] to(byte[] whole) {
                return Arrays.copyOf(whole, length % whole.length);
            }
        }

        /** Bytes from one place put over, or between, those at another. */
        record Splice(int from, int length, int to, boolean insert) implements Damage {
            @Override
            public byte[] to(byte[] whole) {
                int start = from % whole.length;
                int count = Math.min(length, whole.length - start);
                int at = to % (whole.length - count + 1);
                var bytes = new ByteArrayOutputStream();
                bytes.write(whole, 0, at);
                bytes.write(whole, start, count);
                int rest = insert ? at : at + count;
                bytes.write(whole, rest, whole.length - rest);
                return bytes.toByteArray();
            }
        }

        /** A number of so many bytes in place of what is there. */
        record Length(int place, int width, int which) implements Damage {
            @Override
            public byte[] to(byte[] whole) {
                byte[] number =
                        ByteBuffer.allocate(Long.BYTES)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .putLong(LENGTHS[which])
                                .array();
                byte[] bytes = whole.clone();
                int at = place % bytes.length;
                System.arraycopy(number, 0, bytes, at, Math.min(width, bytes.length - at));
                return bytes;
            }
        }
    }

    @Provide
    static Arbitrary<Damage> damages() {
        Arbitrary<Integer> places = Arbitraries.integers().between(0, 100_000).withoutEdgeCases();
        Arbitrary<Damage> bits =
                Combinators.combine(places, Arbitraries.integers().between(0, 7))
                        .as(Damage.Bit::new);
        Arbitrary<Damage> cuts = places.map(Damage.Cut::new);
        Arbitrary<Damage> splices =
                Combinators.combine(
                                places,
                                Arbitraries.integers().between(1, 200),
                                places,
                                Arbitraries.of(true, false))
                        .as(Damage.Splice::new);
        Arbitrary<Damage> lengths =
                Combinators.combine(
                                places,
                                Arbitraries.of(1, 2, 4, 8),
                                Arbitraries.integers().between(0, LENGTHS.length - 1))
                        .as(Damage.Length::new);
        return Arbitraries.oneOf(bits, cuts, splices, lengths);
    }

    @Provide
    static Arbitrary<String> checked() {
        return Arbitraries.of(CHECKED.keySet().stream().sorted().toList());
    }

    @Provide
    static Arbitrary<String> unchecked() {
        return Arbitraries.of(UNCHECKED.keySet().stream().sorted().toList());
    }

    @Property(tries = 4000)
    void files_with_checksums_open_unchanged_or_not_at_all(
            @ForAll("checked") String name, @ForAll("damages") Damage damage) {
        Map<String, TensorEntry> saved =
                name.startsWith("java") || name.startsWith("deflated") ? small() : tensors();
        open(
                name,
                damage.to(CHECKED.get(name)),
                file -> {
                    Map<String, TensorEntry> read = file.entries();
                    // An array may lose its name, which has no checksum, but never its numbers.
                    if (name.endsWith(".npz")) {
                        read.values()
                                .forEach(entry ->
                                        assertTrue(
                                                saved.values().stream()
                                                        .anyMatch(s -> sameValues(s, entry)),
                                                entry::toString));
                    } else {
                        assertEquals(saved, read);
                    }
                });
    }

    private static boolean sameValues(TensorEntry a, TensorEntry b) {
        return a.equals(new TensorEntry(a.name(), b.dtype(), b.shape(), b.data()));
    }

    @Property(tries = 4000)
    void files_without_checksums_open_or_not_and_nothing_else(
            @ForAll("unchecked") String name, @ForAll("damages") Damage damage) {
        open(name, damage.to(UNCHECKED.get(name)), HostileFilePropertyTest::readAll);
    }

    @Property(tries = 1500)
    void twice_spoilt_files_open_or_not_and_nothing_else(
            @ForAll("unchecked") String name,
            @ForAll("damages") Damage first,
            @ForAll("damages") Damage second) {
        byte[] once = first.to(UNCHECKED.get(name));
        if (once.length > 0) {
            open(name, second.to(once), HostileFilePropertyTest::readAll);
        }
    }

    private static void readAll(TensorFile file) {
        file.entries()
                .values()
                .forEach(entry -> {
                    assertEquals(
                            entry.elementCount() * entry.dtype().bytes(), entry.data().byteSize());
                    assertEquals(-1, entry.data().mismatch(entry.data()));
                });
    }

    private static void open(String name, byte[] bytes, Consumer<TensorFile> then) {
        Path folder = temporary();
        Path file = folder.resolve(name);
        try {
            Files.write(file, bytes);
            if (name.endsWith(".json")) {
                Files.write(folder.resolve("a.safetensors"), UNCHECKED.get("plain.safetensors"));
            }
            assertTimeoutPreemptively(
                    AT_ONCE,
                    () -> {
                        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
                        long before = threads.getCurrentThreadAllocatedBytes();
                        try (TensorFile opened = TensorFile.open(file)) {
                            then.accept(opened);
                        } catch (FormatException refused) {
                            assertTrue(refused.getMessage().length() < 2000, refused::getMessage);
                        }
                        long taken = threads.getCurrentThreadAllocatedBytes() - before;
                        assertTrue(
                                taken < LITTLE_MEMORY, () -> taken + " bytes for " + bytes.length);
                    });
            remove(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path folder) throws IOException {
        try (var inside = Files.list(folder)) {
            for (Path file : inside.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static Map<String, TensorEntry> small() {
        return Map.of(
                "w",
                new TensorEntry(
                        "w",
                        DType.F32,
                        new long[] {2, 3},
                        MemorySegment.ofArray(TorchBytes.floats(6))));
    }

    private static Map<String, TensorEntry> tensors() {
        Map<String, TensorEntry> tensors = new LinkedHashMap<>();
        for (DType type : List.of(DType.F32, DType.F16, DType.I64, DType.U8)) {
            String name = "layer." + type;
            byte[] bytes = new byte[12 * type.bytes()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (i * 31 + type.code());
            }
            tensors.put(
                    name,
                    new TensorEntry(name, type, new long[] {3, 4}, MemorySegment.ofArray(bytes)));
        }
        return tensors;
    }

    private static byte[] torch(boolean deflated) {
        return TorchBytes.zip(
                TorchBytes.records(TorchBytes.smallPickle(), TorchBytes.floats(6)), deflated);
    }

    private static byte[] legacy() {
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(TorchStream.MAGIC);
        bytes.writeBytes(TorchBytes.begin().whole(1001).stop());
        bytes.writeBytes(TorchBytes.begin().raw('}').stop());
        bytes.writeBytes(TorchBytes.smallPickle());
        bytes.writeBytes(TorchBytes.begin().raw(']').text("0").raw('a').stop());
        bytes.writeBytes(new byte[] {6, 0, 0, 0, 0, 0, 0, 0});
        bytes.writeBytes(TorchBytes.floats(6));
        return bytes.toByteArray();
    }

    private static byte[] index() {
        String map =
                tensors().keySet().stream()
                        .map(name -> "\"" + name + "\": \"a.safetensors\"")
                        .reduce((a, b) -> a + ", " + b)
                        .orElseThrow();
        return ("{\"metadata\": {\"total_size\": 180}, \"weight_map\": {" + map + "}}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] written(String name, Consumer<Path> writer) {
        Path folder = temporary();
        try {
            writer.accept(folder.resolve(name));
            byte[] bytes = Files.readAllBytes(folder.resolve(name));
            remove(folder);
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("cm4j-hostile-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
