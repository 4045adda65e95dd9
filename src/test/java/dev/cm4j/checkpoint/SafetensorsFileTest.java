package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Safetensors files: there and back, legal oddities, and each named error. */
class SafetensorsFileTest {

    @TempDir Path folder;

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Map<String, TensorEntry> tensors = new LinkedHashMap<>();
        tensors.put("b", entry("b", DType.U8, new byte[] {1, 2, 3}, 3));
        tensors.put("z", entry("z", DType.F32, new byte[8], 2, 1));
        tensors.put("a", entry("a", DType.F32, new byte[] {0, 0, -128, 63}));
        tensors.put("empty", entry("empty", DType.I64, new byte[0], 0, 5));
        Path file = folder.resolve("deep/x.safetensors");
        SafetensorsFile.write(file, tensors, Map.of("cm4j", "ü\n"));
        try (var read = SafetensorsFile.open(file)) {
            assertEquals(List.of("empty", "a", "z", "b"), read.names());
            assertEquals(Map.of("format", "pt", "cm4j", "ü\n"), read.metadata());
            assertEquals(tensors, read.entries());
        }
        try (var all = Files.list(file.getParent())) {
            assertEquals(List.of(file), all.toList());
        }
    }

    @Test
    void anyJavaArrayCanBeWritten() {
        Path file = folder.resolve("floats");
        MemorySegment floats = MemorySegment.ofArray(new float[] {1, 2});
        SafetensorsFile.write(
                file,
                Map.of("a", new TensorEntry("a", DType.F32, new long[] {2}, floats)),
                Map.of());
        try (var read = SafetensorsFile.open(file)) {
            assertEquals(-1, floats.mismatch(read.entry("a").data()));
        }
    }

    @Test
    void theHeaderIsPaddedToEight() throws IOException {
        for (String name : List.of("a", "ab", "abc", "abcd", "abcde")) {
            Path file = folder.resolve(name);
            SafetensorsFile.write(
                    file, Map.of(name, entry(name, DType.U8, new byte[1], 1)), Map.of());
            assertEquals(0, Files.readAllBytes(file)[0] % 8);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}| 0",
                "'{}   '| 0",
                "{'a':{'dtype':'F32','shape':[],'data_offsets':[0,4]}}| 4",
                "{'a':{'dtype':'F32','shape':[0,7],'data_offsets':[0,0]}}| 0",
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2],'x':{'y':[1]}}}| 2",
                "{'__metadata__':{'k':'v'}}| 0",
            })
    void legalOddities(String json, int dataBytes) {
        SafetensorsFile.open(save(json, new byte[dataBytes])).close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[]| 0| InvalidHeaderStart",
                "{| 0| InvalidHeaderDeserialization",
                "{}{}| 0| InvalidHeaderDeserialization",
                "{'a':1}| 0| InvalidHeaderDeserialization: a is not an object",
                "{'a':{'dtype':'F31','shape':[],'data_offsets':[0,4]}}| 4| unknown dtype 'F31'",
                "{'a':{'dtype':'C64','shape':[],'data_offsets':[0,8]}}| 8| unknown dtype 'C64'",
                "{'a':{'dtype':'F32','shape':[1.5],'data_offsets':[0,4]}}| 4| shape holds 1.5",
                "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}}| 4| shape holds -1",
                "{'a':{'dtype':'F32','shape':['1'],'data_offsets':[0,4]}}| 4| shape holds 1",
                "{'a':{'dtype':'F32','shape':[],'data_offsets':[0,4,4]}}| 4| 3 data_offsets",
                "{'a':{'dtype':'F32','shape':[]}}| 4| lacks",
                "{'__metadata__':{'k':1}}| 0| __metadata__ entry k is not a text",
                "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},"
                        + "'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]}}| 1| Duplicate",
                "{'a':{'dtype':'U8','shape':[1],'data_offsets':[1,2]}}| 2| InvalidOffset(a)",
                "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},"
                        + "'b':{'dtype':'U8','shape':[1],'data_offsets':[2,3]}}| 3| InvalidOffset(b)",
                "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},"
                        + "'b':{'dtype':'U8','shape':[2],'data_offsets':[1,3]}}| 3| InvalidOffset(b)",
                "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,-1]}}| 1| data_offsets holds -1",
                "{'a':{'dtype':'U8','shape':[4611686018427387904,4],'data_offsets':[0,0]}}| 0"
                        + "| ValidationOverflow(a)",
                "{'a':{'dtype':'U8','shape':[18446744073709551615],'data_offsets':[0,0]}}| 0"
                        + "| ValidationOverflow(a)",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}}| 4| TensorInvalidInfo(a)",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}| 5| MetadataIncompleteBuffer",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}| 3| MetadataIncompleteBuffer",
            })
    void namedErrors(String json, int dataBytes, String message) {
        requireRefused(message, save(json, new byte[dataBytes]));
    }

    @Test
    void aHeaderThatBeginsWithABlankIsRefused() {
        requireRefused("InvalidHeaderStart", save(" {}", new byte[0]));
    }

    @Test
    void lengthsAreCheckedFirst() {
        requireRefused("HeaderTooSmall", save(new byte[7]));
        requireRefused("HeaderTooSmall", save(new byte[0]));
        requireRefused("HeaderTooLarge", save(withLength(1L << 63, "{}")));
        requireRefused("HeaderTooLarge", save(withLength(100_000_001, "{}")));
        requireRefused("InvalidHeaderLength", save(withLength(3, "{}")));
        requireRefused("InvalidHeader: ", save(withLength(2, "{\u00ff")));
        requireRefused("InvalidHeaderStart", save(new byte[8]));
    }

    @Test
    void aTypeWithoutTensorsIsNamedWhenAskedFor() {
        Path file = save("{'a':{'dtype':'U16','shape':[1],'data_offsets':[0,2]}}", new byte[2]);
        try (var read = SafetensorsFile.open(file)) {
            assertEquals(List.of("a"), read.names());
            assertEquals(Map.of(), read.entries());
            assertEquals(List.of(new UnreadTensor("a", "U16", new long[] {1})), read.unread());
            var refusal = assertThrows(FormatException.class, () -> read.entry("a"));
            assertTrue(
                    refusal.getMessage().contains("a has elements of type U16"),
                    refusal.getMessage());
            assertThrows(IllegalArgumentException.class, () -> read.entry("b"));
        }
    }

    @ParameterizedTest
    @CsvSource({"U16, 2", "U32, 4", "U64, 8", "F8_E4M3, 1", "F8_E5M2, 1"})
    void tensorsBesideOneOfATypeWithoutTensorsAreRead(String type, int bytes) {
        String json =
                "{'w':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
                        + "'odd':{'dtype':'%s','shape':[1,2],'data_offsets':[4,%d]}}";
        Path file = save(json.formatted(type, 4 + 2 * bytes), new byte[4 + 2 * bytes]);
        try (var read = SafetensorsFile.open(file)) {
            assertEquals(List.of("w", "odd"), read.names());
            assertEquals(Set.of("w"), read.entries().keySet());
            assertEquals("odd of type " + type, UnreadTensor.words(read.unread()));
            var refusal = assertThrows(FormatException.class, () -> read.entry("odd"));
            assertTrue(
                    refusal.getMessage().contains("odd has elements of type " + type),
                    refusal.getMessage());
        }
    }

    @Test
    void everyCutIsRefused() throws IOException {
        Path file = folder.resolve("whole");
        SafetensorsFile.write(file, Map.of("a", entry("a", DType.U8, new byte[40], 40)), Map.of());
        byte[] bytes = Files.readAllBytes(file);
        for (int length = 0; length < bytes.length; length++) {
            requireRefused("", save(Arrays.copyOf(bytes, length)));
        }
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws IOException {
        Path file = Files.writeString(folder.resolve("old"), "old");
        assertThrows(
                UncheckedIOException.class,
                () ->
                        AtomicFile.write(
                                file,
                                channel -> {
                                    channel.write(ByteBuffer.wrap(new byte[3]));
                                    throw new IOException("no room");
                                }));
        assertEquals("old", Files.readString(file));
        try (var all = Files.list(folder)) {
            assertEquals(List.of(file), all.toList());
        }
    }

    private static TensorEntry entry(String name, DType dtype, byte[] bytes, long... shape) {
        return new TensorEntry(name, dtype, shape, MemorySegment.ofArray(bytes));
    }

    private static void requireRefused(String message, Path file) {
        var refusal = assertThrows(FormatException.class, () -> SafetensorsFile.open(file));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    private static byte[] withLength(long length, String rest) {
        byte[] latin = rest.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(8 + latin.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(latin)
                .array();
    }

    private Path save(String json, byte[] data) {
        byte[] text = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
        bytes.writeBytes(text);
        bytes.writeBytes(data);
        return save(bytes.toByteArray());
    }

    private Path save(byte[] bytes) {
        try {
            return Files.write(Files.createTempFile(folder, "x", ".safetensors"), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
