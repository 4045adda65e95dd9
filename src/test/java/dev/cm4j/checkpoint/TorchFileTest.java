package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** PyTorch files made by hand: what is right loads, what is wrong is refused with its place. */
class TorchFileTest {

    private static final long[] SHAPE = {2, 3};
    private static final long[] STRIDES = {3, 1};

    @TempDir Path folder;

    @Test
    void aSmallFileLoads() {
        requireSmall(TorchBytes.zip(small(), false));
    }

    @Test
    void aDeflatedFileLoads() {
        requireSmall(TorchBytes.zip(small(), true));
    }

    @Test
    void aMissingVersionIsOnlyANotice() {
        Map<String, byte[]> records = small();
        records.remove("a/version");
        try (var file = TorchFile.open(save(TorchBytes.zip(records, false)))) {
            assertTrue(file.notices().getFirst().contains("version"));
        }
    }

    @Test
    void complexNumbersAreTwoReals() {
        byte[] pickle =
                TorchBytes.begin()
                        .raw('}')
                        .text("z")
                        .tensor("ComplexFloatStorage", "0", 3, 0, new long[] {3}, new long[] {1})
                        .raw('s')
                        .stop();
        byte[] bytes = TorchBytes.zip(TorchBytes.records(pickle, TorchBytes.floats(6)), false);
        try (var file = TorchFile.open(save(bytes))) {
            assertEquals(DType.F32, file.entries().get("z").dtype());
            assertArrayEquals(new long[] {3, 2}, file.entries().get("z").shape());
        }
    }

    @Test
    void aMissingFileIsNoBadFile() {
        assertThrows(UncheckedIOException.class, () -> TorchFile.open(folder.resolve("none.pt")));
    }

    static Stream<Arguments> badRecords() {
        return Stream.of(
                spoilt("data.pkl", r -> r.remove("a/data.pkl")),
                spoilt("a/data/0 is missing", r -> r.remove("a/data/0")),
                spoilt("20 bytes", r -> r.put("a/data/0", TorchBytes.floats(5))),
                spoilt("28 bytes", r -> r.put("a/data/0", TorchBytes.floats(7))),
                spoilt("'../x'", r -> r.put("../x", new byte[1])),
                spoilt("'/x'", r -> r.put("/x", new byte[1])),
                spoilt("'b/x' beside", r -> r.put("b/x", new byte[1])),
                spoilt("byte order 'big'", r -> r.put("a/byteorder", ascii("big"))),
                spoilt("format version '11'", r -> r.put("a/version", ascii("11"))),
                spoilt("TorchScript", r -> r.put("a/constants.pkl", new byte[1])),
                spoilt("exported program", r -> r.put("a/archive_format", new byte[1])));
    }

    @ParameterizedTest
    @MethodSource("badRecords")
    void badRecordsAreRefused(String message, Consumer<Map<String, byte[]>> spoil) {
        Map<String, byte[]> records = small();
        spoil.accept(records);
        requireRefused(message, TorchBytes.zip(records, false));
    }

    @Test
    void aFlippedBitIsFoundByItsRecord() {
        byte[] bytes = TorchBytes.zip(small(), false);
        byte[] five = Arrays.copyOfRange(TorchBytes.floats(6), 20, 24);
        bytes[indexOf(bytes, five)] ^= 4;
        requireRefused("record a/data/0: its bytes do not add up", bytes);
    }

    @Test
    void twoRecordsOfOneNameAreRefused() {
        Map<String, byte[]> records = small();
        records.put("a/data/1", new byte[4]);
        byte[] bytes = TorchBytes.zip(records, false);
        for (int at = indexOf(bytes, ascii("data/1"));
                at >= 0;
                at = indexOf(bytes, ascii("data/1"))) {
            bytes[at + 5] = '0';
        }
        requireRefused("two records called a/data/0", bytes);
    }

    @Test
    void everyCutIsRefused() {
        byte[] bytes = TorchBytes.zip(small(), false);
        for (int eighth = 0; eighth < 8; eighth++) {
            requireRefused("", Arrays.copyOf(bytes, bytes.length * eighth / 8));
        }
        requireRefused("", new byte[] {'P'});
    }

    static Stream<Arguments> badPickles() {
        byte[] marks = new byte[100_000];
        Arrays.fill(marks, (byte) '(');
        TorchBytes nested = TorchBytes.begin();
        for (byte mark : marks) {
            nested.raw(mark);
        }
        TorchBytes tuples = TorchBytes.begin().raw(')');
        for (int i = 0; i < 100_000; i++) {
            tuples.raw(0x85);
        }
        return Stream.of(
                bad("at byte 2: opcode 0xFF", TorchBytes.begin().raw(0xFF)),
                bad("opcode 0x69", TorchBytes.begin().raw('i')),
                bad("opcode 0x82", TorchBytes.begin().raw(0x82)),
                bad("pickle protocol 1", new TorchBytes().raw(0x80, 1)),
                bad("os.system", TorchBytes.begin().global("os", "system")),
                bad("__builtin__.eval", TorchBytes.begin().global("__builtin__", "eval")),
                bad("builtins.eval", TorchBytes.begin().text("builtins").text("eval").raw(0x93)),
                bad("memo entry 7", TorchBytes.begin().raw('h', 7)),
                bad("empty stack", TorchBytes.begin().raw('0')),
                bad("empty stack", TorchBytes.begin().raw(']', '(', 'a')),
                bad(
                        "something else than a dict",
                        TorchBytes.begin().raw(']').tuple().tuple().raw('s')),
                bad("something else than a list", TorchBytes.begin().raw('}').tuple().raw('a')),
                bad("4294967295 bytes", TorchBytes.begin().raw('X').number(-1, 4)),
                bad("18446744073709551615 bytes", TorchBytes.begin().raw(0x8D).number(-1, 8)),
                bad("nested marks", nested),
                bad("nested more than", tuples),
                bad("without STOP", TorchBytes.begin().raw('}')),
                bad("an integer of 10 bytes", TorchBytes.begin().raw(0x8A, 10)),
                bad("save model.state_dict()", TorchBytes.begin().global("__main__", "LeNet")),
                bad(
                        "save model.state_dict()",
                        TorchBytes.begin().global("torch.nn.modules.conv", "Conv2d")),
                bad(
                        "save model.state_dict()",
                        TorchBytes.begin().raw('(').text("module").raw('t', 'Q')),
                bad("no name", TorchBytes.begin().text("f").raw(')', 'R')),
                bad("BUILD of something else", TorchBytes.begin().raw('}', '}', 'b')),
                bad("no tensors", TorchBytes.begin().raw('}', '.')),
                badTensor("shape [-2, 3]", 6, 0, new long[] {-2, 3}, STRIDES),
                badTensor("from element -1", 6, -1, SHAPE, STRIDES),
                badTensor("from element 1", 6, 1, SHAPE, STRIDES),
                badTensor(
                        "strides [9223372036854775807",
                        6,
                        0,
                        SHAPE,
                        new long[] {Long.MAX_VALUE, 1}),
                badTensor("strides [3]", 6, 0, SHAPE, new long[] {3}),
                badTensor(
                        "shape [4611686018427387904", 6, 0, new long[] {1L << 62, 4}, new long[2]),
                badTensor("storage of 4611686018427387904", 1L << 62, 0, SHAPE, STRIDES),
                badTensor("a tensor of shape [0, 0", 6, 0, new long[17], new long[17]),
                bad(
                        "two types or lengths",
                        TorchBytes.begin()
                                .raw('(')
                                .tensor("FloatStorage", "0", 6, 0, SHAPE, STRIDES)
                                .tensor("IntStorage", "0", 6, 0, SHAPE, STRIDES)),
                bad("QInt8Storage", TorchBytes.begin().global("torch", "QInt8Storage")),
                bad(
                        "would fill",
                        TorchBytes.begin()
                                .raw('}')
                                .text("w")
                                .tensor(
                                        "FloatStorage",
                                        "0",
                                        6,
                                        0,
                                        new long[] {1L << 40},
                                        new long[1])
                                .raw('s', '.')));
    }

    @ParameterizedTest
    @MethodSource("badPickles")
    void badPicklesAreRefused(String message, byte[] pickle) {
        requireRefused(
                message, TorchBytes.zip(TorchBytes.records(pickle, TorchBytes.floats(6)), false));
    }

    @Test
    void aTreeOfSharedContainersDoesNotGrow() {
        TorchBytes pickle = TorchBytes.begin().raw('}').text("w");
        pickle.tensor("FloatStorage", "0", 6, 0, SHAPE, STRIDES).raw('s');
        for (int level = 0; level < 100; level++) { // each holds the one before twice
            pickle.raw('q', 0, '0', ']', '(', 'h', 0, 'h', 0, 'e');
        }
        requireRefused(
                "more than",
                TorchBytes.zip(TorchBytes.records(pickle.stop(), TorchBytes.floats(6)), false));
    }

    private static Arguments spoilt(String message, Consumer<Map<String, byte[]>> spoil) {
        return Arguments.of(message, spoil);
    }

    private static Arguments bad(String message, TorchBytes pickle) {
        return Arguments.of(message, pickle.bytes());
    }

    private static Arguments badTensor(
            String message, long numel, long offset, long[] shape, long[] strides) {
        return bad(
                message,
                TorchBytes.begin().tensor("FloatStorage", "0", numel, offset, shape, strides));
    }

    private static Map<String, byte[]> small() {
        return TorchBytes.records(TorchBytes.smallPickle(), TorchBytes.floats(6));
    }

    private void requireSmall(byte[] bytes) {
        try (var file = TorchFile.open(save(bytes))) {
            TensorEntry entry = file.entries().get("w");
            assertArrayEquals(SHAPE, entry.shape());
            assertArrayEquals(TorchBytes.floats(6), entry.data().toArray(ValueLayout.JAVA_BYTE));
        }
    }

    private void requireRefused(String message, byte[] bytes) {
        Path file = save(bytes);
        var refusal =
                assertTimeoutPreemptively(
                        Duration.ofSeconds(20),
                        () -> assertThrows(FormatException.class, () -> TorchFile.open(file)));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    private Path save(byte[] bytes) {
        try {
            return Files.write(Files.createTempFile(folder, "x", ".pt"), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static int indexOf(byte[] bytes, byte[] part) {
        for (int at = 0; at <= bytes.length - part.length; at++) {
            if (Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
        return -1;
    }
}
