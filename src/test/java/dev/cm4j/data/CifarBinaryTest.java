package dev.cm4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.testing.SharedData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CIFAR-10 folders, small ones made here and the real one. */
class CifarBinaryTest {

    private static final int RECORD = 3073;

    @TempDir Path folder;

    @Test
    void filesFollowEachOther() throws IOException {
        byte[] first = new byte[2 * RECORD];
        first[RECORD] = 9;
        first[RECORD + 1] = 5;
        byte[] second = new byte[RECORD];
        second[0] = 4;
        Files.write(folder.resolve("data_batch_2.bin"), second);
        Files.write(folder.resolve("data_batch_1.bin"), first);
        try (Dataset data = CifarBinary.open(folder, Split.TRAIN);
                var arena = Arena.ofConfined()) {
            assertEquals(3, data.size());
            assertEquals(9, data.label(1));
            assertEquals(4, data.label(2));
            MemorySegment image = arena.allocate(3072);
            data.read(1, image);
            assertEquals(5, image.get(ValueLayout.JAVA_BYTE, 0));
        }
        assertThrows(UncheckedIOException.class, () -> CifarBinary.open(folder, Split.TEST));
    }

    @Test
    void aPartIsSaid() throws IOException {
        Files.write(folder.resolve("data_batch_1.bin"), new byte[2 * RECORD]);
        String expected =
                "CIFAR-10 has 50,000 training pictures, but in %s there are 2, in 1 file: what"
                        + " comes of them cannot stand beside published numbers";
        DataConfig config = DataConfig.defaults().withDownload(false).withSize(36);
        try (Dataset data = DataSource.open(folder.toString(), config)) { // padded
            assertEquals(List.of(expected.formatted(folder)), data.notices());
        }
        Path named = folder.resolve("cifar-10-batches-bin");
        Files.createDirectories(named);
        for (int i = 1; i <= 5; i++) {
            Files.write(named.resolve("data_batch_" + i + ".bin"), new byte[10_000 * RECORD]);
        }
        DataConfig below = config.withFolder(folder);
        assertEquals(Optional.empty(), DataSource.lack("cifar10", below));
        Files.delete(named.resolve("data_batch_3.bin"));
        assertTrue(DataSource.lack("cifar10", below).orElseThrow().contains("40,000, in 4 files"));
    }

    @Test
    void remaindersAndLabelsAreChecked() throws IOException {
        Path file = folder.resolve("data_batch_1.bin");
        Files.write(file, new byte[RECORD + 1]);
        requireRefused("1 records and 1 bytes more");
        byte[] bytes = new byte[3 * RECORD];
        bytes[2 * RECORD] = 10;
        Files.write(file, bytes);
        requireRefused("label 10 in record 2");
        Files.write(file, new byte[0]);
        requireRefused("0 bytes");
    }

    @Test
    void theRealPictures() {
        Path real = SharedData.require("cifar-10-batches-bin");
        try (Dataset train = CifarBinary.open(real, Split.TRAIN);
                Dataset test = CifarBinary.open(real, Split.TEST)) {
            assertEquals(20_000, train.size());
            assertEquals(1000, test.size());
            assertEquals("airplane", train.classNames().getFirst());
            int[] expected = {6, 9, 9, 4, 1};
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], train.label(i));
            }
        }
    }

    private void requireRefused(String message) {
        var refusal =
                assertThrows(FormatException.class, () -> CifarBinary.open(folder, Split.TRAIN));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }
}
