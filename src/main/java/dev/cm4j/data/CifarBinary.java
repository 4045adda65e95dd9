package dev.cm4j.data;

import dev.cm4j.checkpoint.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder of CIFAR-10 in its binary form: records of a label byte and the planes R, G, B of 32×32.
 *
 * <p>Training reads all {@code data_batch_*.bin}, testing all {@code test_batch*.bin}, in the order
 * of their names, each of any whole number of records. Source: A. Krizhevsky, "The CIFAR-10
 * dataset".
 */
public final class CifarBinary {

    private static final ImageShape SHAPE = new ImageShape(3, 32, 32);
    private static final int RECORD = 1 + 3 * 32 * 32;
    private static final int CLASSES = 10;
    private static final String CLASS_NAMES = "batches.meta.txt";

    private CifarBinary() {}

    /**
     * Opens one half.
     *
     * @param folder where the files lie
     * @param split which half
     * @return the images [3, 32, 32] with labels 0 to 9, the caller's to close
     * @throws FormatException if a file is no whole number of records, or a label is above 9
     * @throws UncheckedIOException if there is no file or one cannot be read
     */
    public static Dataset open(Path folder, Split split) {
        List<Path> files = files(folder, split);
        if (files.isEmpty()) {
            String name = split == Split.TRAIN ? "data_batch_1.bin" : "test_batch.bin";
            throw new UncheckedIOException(
                    folder.resolve(name) + " does not exist",
                    new NoSuchFileException(folder.resolve(name).toString()));
        }
        long records = 0;
        for (Path file : files) {
            records += records(file);
        }
        if (records > Integer.MAX_VALUE) {
            throw new FormatException(folder, records + " images", "less than 2^31");
        }
        Arena arena = Arena.ofShared();
        try {
            MemorySegment pixels = arena.allocate(records * SHAPE.bytes(), Long.BYTES);
            int[] labels = new int[(int) records];
            Fingerprint fingerprint = new Fingerprint().add("cifar10 " + split);
            int first = 0;
            for (Path file : files) {
                int count = copy(file, pixels, labels, first);
                fingerprint.add(file.getFileName().toString()).add(count);
                first += count;
            }
            return new LoadedImages(
                    arena,
                    pixels,
                    SHAPE,
                    labels,
                    CLASSES,
                    classNames(folder),
                    fingerprint.add(labels).hex(),
                    lack(folder, split).stream().toList());
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Whether a folder holds files of a half.
     *
     * @param folder any path
     * @param split which half
     * @return true if there is at least one
     */
    public static boolean isThere(Path folder, Split split) {
        return !files(folder, split).isEmpty();
    }

    /**
     * Says that a half lacks pictures which the published data set has.
     *
     * @param folder where the files lie
     * @param split which half
     * @return a sentence without a full stop; empty where nothing is missing
     * @throws FormatException if a file is no whole number of records
     */
    public static Optional<String> lack(Path folder, Split split) {
        List<Path> files = files(folder, split);
        long found = files.stream().mapToLong(CifarBinary::records).sum();
        long published = split == Split.TRAIN ? 50_000 : 10_000;
        if (found >= published) {
            return Optional.empty();
        }
        return Optional.of(
                String.format(
                        Locale.ROOT,
                        "CIFAR-10 has %,d %s pictures, but in %s there are %,d, in %d %s: what comes"
                                + " of them cannot stand beside published numbers",
                        published,
                        split == Split.TRAIN ? "training" : "test",
                        folder,
                        found,
                        files.size(),
                        files.size() == 1 ? "file" : "files"));
    }

    private static List<Path> files(Path folder, Split split) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        String start = split == Split.TRAIN ? "data_batch_" : "test_batch";
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(
                            file -> {
                                String name = file.getFileName().toString();
                                return name.startsWith(start) && name.endsWith(".bin");
                            })
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder + ": " + e.getMessage(), e);
        }
    }

    private static long records(Path file) {
        long bytes;
        try {
            bytes = Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
        if (bytes == 0 || bytes % RECORD != 0) {
            throw new FormatException(
                    file,
                    "%d bytes: %d records and %d bytes more"
                            .formatted(bytes, bytes / RECORD, bytes % RECORD),
                    "a whole number of records of " + RECORD + " bytes, at least one");
        }
        return bytes / RECORD;
    }

    /** Copies a file's records from image first on, and returns their number. */
    private static int copy(Path file, MemorySegment pixels, int[] labels, int first) {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ);
                var arena = Arena.ofConfined()) {
            long bytes = channel.size();
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
            int count = (int) (bytes / RECORD);
            if (count > labels.length - first) {
                throw new FormatException(
                        file, "a file that grew while it was read", "a file at rest");
            }
            for (int i = 0; i < count; i++) {
                int label = all.get(ValueLayout.JAVA_BYTE, (long) i * RECORD) & 0xFF;
                if (label >= CLASSES) {
                    throw new FormatException(
                            file,
                            "label " + label + " in record " + i,
                            "0 to 9; is it a CIFAR-10 file in binary form?");
                }
                labels[first + i] = label;
                MemorySegment.copy(
                        all,
                        (long) i * RECORD + 1,
                        pixels,
                        (long) (first + i) * SHAPE.bytes(),
                        SHAPE.bytes());
            }
            return count;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /** The names beside the files, where there are exactly as many as classes. */
    private static List<String> classNames(Path folder) {
        Path file = folder.resolve(CLASS_NAMES);
        if (!Files.isRegularFile(file)) {
            return List.of();
        }
        try {
            List<String> names = new ArrayList<>(Files.readAllLines(file));
            names.removeIf(String::isBlank);
            return names.size() == CLASSES ? names.stream().map(String::strip).toList() : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }
}
