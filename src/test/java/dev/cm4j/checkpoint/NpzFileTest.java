package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.DType;
import dev.cm4j.testing.FullArena;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** NumPy files: there and back, other orders of indices and bytes, and what is refused. */
class NpzFileTest {

    @TempDir Path folder;

    @Test
    void whatIsWrittenIsRead() {
        Map<String, TensorEntry> arrays = new LinkedHashMap<>();
        arrays.put("arr_0", entry("arr_0", DType.U8, new byte[] {1, 2, 3, 4}, 2, 2));
        arrays.put("labels", entry("labels", DType.I64, new byte[16], 2));
        arrays.put("one", entry("one", DType.F32, new byte[4]));
        Path file = folder.resolve("x.npz");
        NpzFile.write(file, arrays);
        try (var read = NpzFile.open(file)) {
            assertEquals(List.of("arr_0", "labels", "one"), read.names());
            assertEquals(arrays, read.entries());
            assertThrows(IllegalArgumentException.class, () -> read.entry("two"));
        }
        try (var read = TensorFile.open(file)) {
            assertEquals(arrays, read.entries());
        }
    }

    @Test
    void javaReadsItToo() throws IOException {
        Path file = folder.resolve("x.npz");
        NpzFile.write(file, Map.of("a", entry("a", DType.U8, new byte[] {7, 8}, 2)));
        try (var zip = new ZipFile(file.toFile())) {
            byte[] bytes = zip.getInputStream(zip.getEntry("a.npy")).readAllBytes();
            assertEquals(128 + 2, bytes.length);
            assertEquals(8, bytes[129]);
        }
    }

    @Test
    void piecesMustAddUp() {
        Path file = folder.resolve("x.npz");
        MemorySegment two = MemorySegment.ofArray(new byte[2]);
        assertThrows(
                IllegalStateException.class,
                () ->
                        NpzFile.write(
                                file,
                                writer -> {
                                    writer.begin("a", DType.U8, 3);
                                    writer.write(two);
                                    writer.write(two);
                                }));
        assertThrows(
                IllegalStateException.class,
                () ->
                        NpzFile.write(
                                file,
                                writer -> {
                                    writer.begin("a", DType.U8, 3);
                                    writer.write(two);
                                }));
        assertTrue(Files.notExists(file));
    }

    @Test
    void fortranOrderAndBigEndianAreTurned() {
        byte[] data = {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6};
        Path file = npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", data);
        try (var read = NpyFile.open(file)) {
            short[] values =
                    read.entry()
                            .data()
                            .toArray(
                                    ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(
                                            ByteOrder.LITTLE_ENDIAN));
            assertArrayEquals(new short[] {1, 3, 5, 2, 4, 6}, values);
            assertArrayEquals(new long[] {2, 3}, read.entry().shape());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "<u2, 2, 0100FFFF, 1, 65535",
        ">u2, 2, 0001FFFF, 1, 65535",
        "<u4, 4, 01000000FFFFFFFF, 1, 4294967295",
        ">u4, 4, 00000001FFFFFFFF, 1, 4294967295",
        "<u8, 8, 0100000000000000FFFFFFFFFFFFFF7F, 1, 9223372036854775807",
        ">u8, 8, 00000000000000017FFFFFFFFFFFFFFF, 1, 9223372036854775807"
    })
    void unsignedNumbersBecomeSignedOnesThatHoldThem(
            String descr, int width, String hex, long first, long second) {
        String header = "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }";
        Path file = npy(header.formatted(descr), HexFormat.of().parseHex(hex));
        try (var read = NpyFile.open(file)) {
            TensorEntry entry = read.entry();
            assertEquals(width == 2 ? DType.I32 : DType.I64, entry.dtype());
            long[] values =
                    width == 2
                            ? Arrays.stream(entry.data().toArray(ValueLayout.JAVA_INT_UNALIGNED))
                                    .asLongStream()
                                    .toArray()
                            : entry.data().toArray(ValueLayout.JAVA_LONG_UNALIGNED);
            assertArrayEquals(new long[] {first, second}, values);
        }
    }

    @Test
    void unsignedNumbersThatNoSignedOneHoldsAreRefused() {
        Path file =
                npy(
                        "{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }",
                        HexFormat.of().parseHex("0000000000000080"));
        var refusal = assertThrows(FormatException.class, () -> NpyFile.open(file));
        assertTrue(
                refusal.getMessage().contains("holds 9223372036854775808; expected numbers below"),
                refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource({">f4, 3FC00000C0200000", ">f8, 3FF8000000000000C004000000000000"})
    void bigEndianFractionsAreTurned(String descr, String hex) {
        String header = "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }";
        Path file = npy(header.formatted(descr), HexFormat.of().parseHex(hex));
        try (var read = NpyFile.open(file)) {
            MemorySegment data = read.entry().data();
            boolean single = read.entry().dtype() == DType.F32;
            assertEquals(
                    1.5,
                    single
                            ? data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0)
                            : data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 0));
            assertEquals(
                    -2.5,
                    single
                            ? data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4)
                            : data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8));
        }
    }

    @Test
    void oneArrayThereAndBack() {
        Path file = folder.resolve("x.npy");
        TensorEntry entry = entry("x.npy", DType.F64, new byte[48], 2, 3);
        NpyFile.write(file, entry);
        try (var read = NpyFile.open(file)) {
            assertEquals(entry, read.entry());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "|O; False; (2,)",
                "|V8; False; (2,)",
                "<c8; False; (2,)",
                "|u1; None; (2,)",
                "|u1; False; (3,)",
                "|u1; False; (-2,)",
                "|u1; False; (9999999999999, 9999999999999)",
                "|u1; False; (99999999999999999999,)",
            })
    void badHeadersAreRefused(String descr, String order, String shape) {
        String header =
                "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }"
                        .formatted(descr, order, shape);
        Path file = npy(header, new byte[2]);
        assertThrows(FormatException.class, () -> NpyFile.open(file));
    }

    @Test
    void aCutHeaderIsSaidToBeCut() throws IOException {
        Path file = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", new byte[2]);
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 30));
        var refusal = assertThrows(FormatException.class, () -> NpyFile.open(file));
        assertTrue(
                refusal.getMessage().contains("with 20 bytes of a header of 58"),
                refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource({">f4, False", "<f4, True"})
    void anArrayThatFitsNoMemoryIsRefused(String descr, String order) throws IOException {
        String header = "{'descr': '%s', 'fortran_order': %s, 'shape': (2, 3), }";
        Path file = npy(header.formatted(descr, order), new byte[24]);
        MemorySegment bytes = MemorySegment.ofArray(Files.readAllBytes(file));
        var refusal =
                assertThrows(
                        FormatException.class,
                        () -> NpyArray.of(file, "y", bytes, new FullArena()));
        assertTrue(
                refusal.getMessage().contains("y needs 24 bytes of memory"), refusal.getMessage());
    }

    @Test
    void aHeaderWithoutItsLineFeedIsRefused() throws IOException {
        Path file = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", new byte[2]);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 3] = ' ';
        Files.write(file, bytes);
        assertThrows(FormatException.class, () -> NpyFile.open(file));
    }

    private Path npy(String header, byte[] data) {
        byte[] text = (header + "\n").getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer bytes =
                ByteBuffer.allocate(10 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
        bytes.putShort((short) text.length).put(text).put(data);
        try {
            return Files.write(folder.resolve("y.npy"), bytes.array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TensorEntry entry(String name, DType dtype, byte[] bytes, long... shape) {
        return new TensorEntry(name, dtype, shape, MemorySegment.ofArray(bytes));
    }
}
