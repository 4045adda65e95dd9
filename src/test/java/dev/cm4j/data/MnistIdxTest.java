package dev.cm4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.testing.FullArena;
import dev.cm4j.testing.SharedData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** IDX folders, small ones made here and the real one. */
class MnistIdxTest {

    private static final String IMAGES = "train-images-idx3-ubyte";
    private static final String LABELS = "train-labels-idx1-ubyte";

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void plainAndPackedFilesAreTheSame(boolean packed) throws IOException {
        save(IMAGES, IdxBytes.of(1, 251, 5, 2, 3), packed);
        save(LABELS, IdxBytes.of(3, 10, 5), packed);
        try (Dataset data = MnistIdx.open(folder, Split.TRAIN);
                var arena = Arena.ofConfined()) {
            assertEquals(5, data.size());
            assertEquals(2, data.height());
            assertEquals(3, data.width());
            assertEquals(9, data.label(3));
            MemorySegment image = arena.allocate(6);
            data.read(4, image);
            assertEquals(24, image.get(ValueLayout.JAVA_BYTE, 0));
            assertEquals(30, data.pixels().orElseThrow().byteSize());
            assertThrows(IndexOutOfBoundsException.class, () -> data.read(5, image));
        }
    }

    @ParameterizedTest
    @CsvSource({"9, false", "11, true", "12, false", "13, true", "14, false"})
    void wholeNumbersOfAnyTypeArePixels(int type, boolean packed) throws IOException {
        double[] pixels = {0, 1, 2, 3, 4, type == 9 ? 127 : 255};
        save(IMAGES, IdxBytes.of(type, pixels, 1, 2, 3), packed);
        save(LABELS, IdxBytes.of(type, new double[] {7}, 1), packed);
        try (Dataset data = MnistIdx.open(folder, Split.TRAIN);
                var arena = Arena.ofConfined()) {
            MemorySegment image = arena.allocate(6);
            data.read(0, image);
            for (int i = 0; i < pixels.length; i++) {
                assertEquals((byte) (int) pixels[i], image.get(ValueLayout.JAVA_BYTE, i));
            }
            assertEquals(7, data.label(0));
        }
    }

    @ParameterizedTest
    @CsvSource({"9, -1", "11, 256", "12, -7", "13, 0.5", "14, NaN"})
    void otherNumbersAreNoPixels(int type, double value) throws IOException {
        save(LABELS, IdxBytes.of(3, 10, 1), false);
        requireRefused(0, "at number 2", IdxBytes.of(type, new double[] {0, 1, value, 3}, 1, 2, 2));
    }

    @Test
    void otherLabelsAreOtherData() throws IOException {
        save(IMAGES, IdxBytes.of(1, 251, 5, 2, 3), false);
        save(LABELS, IdxBytes.of(3, 10, 5), false);
        String first = fingerprint();
        assertEquals(first, fingerprint());
        save(LABELS, IdxBytes.of(1, 10, 5), false);
        assertNotEquals(first, fingerprint());
    }

    @Test
    void badFilesAreRefused() throws IOException {
        byte[] images = IdxBytes.of(1, 251, 5, 2, 3);
        save(LABELS, IdxBytes.of(3, 10, 5), false);
        requireRefused(images.length + 1, "bytes behind", Arrays.copyOf(images, images.length + 1));
        for (int eighth = 0; eighth < 8; eighth++) {
            int length = images.length * eighth / 8;
            requireRefused(length, "", Arrays.copyOf(images, length));
        }
        byte[] magic = images.clone();
        magic[2] = 0x0A;
        requireRefused(0, "00000A03", magic);
        byte[] huge = images.clone();
        Arrays.fill(huge, 4, 16, (byte) 0x7F);
        requireRefused(0, "sizes", huge);
        requireRefused(0, "labels", IdxBytes.of(1, 251, 4, 2, 3));
        requireRefused(0, "sizes", IdxBytes.of(1, 251, 5, 6));
        save(IMAGES, images, false);
        save(LABELS, IdxBytes.of(5, 11, 5), false);
        assertThrows(FormatException.class, () -> MnistIdx.open(folder, Split.TRAIN));
    }

    @Test
    void aCutGzipFileIsRefused() throws IOException {
        byte[] packed = IdxBytes.gzip(IdxBytes.of(7, 251, 50, 9, 9));
        save(LABELS, IdxBytes.of(3, 10, 50), false);
        for (int eighth = 1; eighth < 8; eighth++) {
            byte[] cut = Arrays.copyOf(packed, packed.length * eighth / 8);
            Files.write(folder.resolve(IMAGES + ".gz"), cut);
            assertThrows(FormatException.class, () -> MnistIdx.open(folder, Split.TRAIN));
        }
        byte[] flipped = packed.clone();
        flipped[packed.length / 2] ^= 0x55;
        Files.write(folder.resolve(IMAGES + ".gz"), flipped);
        assertThrows(FormatException.class, () -> MnistIdx.open(folder, Split.TRAIN));
    }

    /** 39 MiB that say they are 40: found out before memory is asked for. */
    @Test
    void aClaimIsProvedBeforeMemoryIsTaken() throws IOException {
        byte[] whole = IdxBytes.of(0, 1, 40, 1024, 1024);
        Path file = folder.resolve("claim.gz");
        Files.write(file, IdxBytes.gzip(Arrays.copyOf(whole, 39 << 20)));
        var claim = assertThrows(FormatException.class, () -> IdxFile.read(file, new FullArena()));
        assertTrue(claim.getMessage().contains("40894448 bytes of data"), claim.getMessage());
        Files.write(file, IdxBytes.gzip(Arrays.copyOf(whole, whole.length + 1)));
        var more = assertThrows(FormatException.class, () -> IdxFile.read(file, new FullArena()));
        assertTrue(more.getMessage().contains("bytes behind"), more.getMessage());
        Files.write(file, IdxBytes.gzip(whole));
        var full = assertThrows(FormatException.class, () -> IdxFile.read(file, new FullArena()));
        assertTrue(full.getMessage().contains("more memory than there is"), full.getMessage());
    }

    @Test
    void aMissingFileIsNamed() {
        var missing =
                assertThrows(UncheckedIOException.class, () -> MnistIdx.open(folder, Split.TEST));
        assertTrue(missing.getMessage().contains("t10k-images-idx3-ubyte"));
    }

    @Test
    void theRealDigits() {
        Path real = SharedData.require("mnist");
        try (Dataset train = MnistIdx.open(real, Split.TRAIN);
                Dataset test = MnistIdx.open(real, Split.TEST)) {
            assertEquals(60_000, train.size());
            assertEquals(10_000, test.size());
            assertEquals(5, train.label(0));
            assertEquals(7, test.label(0));
            MemorySegment pixels = train.pixels().orElseThrow();
            long sum = 0;
            for (long i = 0; i < pixels.byteSize(); i++) {
                sum += pixels.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
            }
            assertEquals(.1307, sum / 255.0 / pixels.byteSize(), 1e-4);
        }
    }

    private String fingerprint() {
        try (Dataset data = MnistIdx.open(folder, Split.TRAIN)) {
            return data.fingerprint();
        }
    }

    private void requireRefused(int length, String message, byte[] images) throws IOException {
        save(IMAGES, images, false);
        var refusal = assertThrows(FormatException.class, () -> MnistIdx.open(folder, Split.TRAIN));
        assertTrue(refusal.getMessage().contains(message), length + ": " + refusal.getMessage());
    }

    private void save(String name, byte[] bytes, boolean packed) throws IOException {
        if (packed) {
            Files.write(folder.resolve(name + ".gz"), IdxBytes.gzip(bytes));
        } else {
            Files.write(folder.resolve(name), bytes);
        }
    }
}
