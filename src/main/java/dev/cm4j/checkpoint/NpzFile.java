package dev.cm4j.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An open {@code .npz} file: NumPy arrays of plain numbers under names, in one zip file.
 *
 * <p>Stored arrays are mapped, so sample files of any size may be opened; deflated ones are
 * unpacked into native memory when they are asked for. May be read from several threads. Source:
 * NumPy, {@code numpy/lib/npyio.py}.
 */
public final class NpzFile implements TensorFile {

    private static final String SUFFIX = ".npy";

    private final Path path;
    private final Arena arena;
    private final ZipRecords zip;
    private final Map<String, TensorEntry> opened = new LinkedHashMap<>();

    private NpzFile(Path path, Arena arena, ZipRecords zip) {
        this.path = path;
        this.arena = arena;
        this.zip = zip;
    }

    /** Writes the arrays of a file, one after the other. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes everything.
         *
         * @param writer takes the arrays
         * @throws IOException if it cannot be written
         */
        void write(NpzWriter writer) throws IOException;
    }

    /**
     * Opens a file and reads its list of arrays.
     *
     * @param file the file, of any size
     * @return the open file, the caller's to close
     * @throws FormatException if it is damaged or no such file
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static NpzFile open(Path file) {
        Arena arena = Arena.ofShared();
        try {
            ZipRecords zip = ZipRecords.of(file, MappedFile.map(file, arena));
            for (String name : zip.records().keySet()) {
                if (!name.endsWith(SUFFIX)) {
                    throw new FormatException(
                            file, "a record " + name, "NumPy arrays, called x.npy");
                }
            }
            return new NpzFile(file, arena, zip);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Writes arrays, uncompressed, to a file that appears whole or not at all.
     *
     * @param file the file, replaced if it exists
     * @param arrays name to array; the names of the map count
     * @throws IllegalArgumentException if NumPy has no such element type
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public static void write(Path file, Map<String, TensorEntry> arrays) {
        write(
                file,
                writer -> {
                    for (var array : arrays.entrySet()) {
                        TensorEntry entry = array.getValue();
                        writer.begin(array.getKey(), entry.dtype(), entry.shape());
                        writer.write(entry.data());
                    }
                });
    }

    /**
     * Writes arrays piece by piece, such as more samples than memory holds.
     *
     * @param file the file, replaced if it exists; it appears whole or not at all
     * @param content writes the arrays
     * @throws IllegalArgumentException if NumPy has no such element type
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public static void write(Path file, Content content) {
        AtomicFile.write(
                file,
                channel -> {
                    NpzWriter writer = new NpzWriter(channel);
                    content.write(writer);
                    writer.finish();
                });
    }

    @Override
    public Path path() {
        return path;
    }

    /**
     * The names of all arrays, in the file's order.
     *
     * @return names without {@code .npy}
     */
    public List<String> names() {
        return zip.records().keySet().stream()
                .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                .toList();
    }

    /**
     * One array.
     *
     * @param name its name without {@code .npy}
     * @return row-major; its data ends with {@link #close}
     * @throws IllegalArgumentException if there is none of that name
     * @throws FormatException if it is damaged, or holds objects or records
     */
    public synchronized TensorEntry entry(String name) {
        TensorEntry known = opened.get(name);
        if (known != null) {
            return known;
        }
        ZipRecords.ZipRecord zipped =
                zip.record(name + SUFFIX)
                        .orElseThrow(
                                () -> new IllegalArgumentException(path + " has no array " + name));
        TensorEntry entry = NpyArray.of(path, name, zip.content(zipped, arena), arena);
        opened.put(name, entry);
        return entry;
    }

    @Override
    public Map<String, TensorEntry> entries() {
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        names().forEach(name -> entries.put(name, entry(name)));
        return Collections.unmodifiableMap(entries);
    }

    /** Arrays are unpacked, or lie at places that only their headers know. */
    @Override
    public Optional<FilePlace> place(TensorEntry entry) {
        return Optional.empty();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
