package dev.cm4j.checkpoint;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** An open {@code .npy} file: one NumPy array of plain numbers, mapped. */
public final class NpyFile implements AutoCloseable {

    private final Path path;
    private final Arena arena;
    private final TensorEntry entry;

    private NpyFile(Path path, Arena arena, TensorEntry entry) {
        this.path = path;
        this.arena = arena;
        this.entry = entry;
    }

    /**
     * Opens a file. Arrays in Fortran's order or big-endian are copied, others mapped.
     *
     * @param file the file, of any size
     * @return the open file, the caller's to close
     * @throws FormatException if it is damaged, or holds objects or records
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static NpyFile open(Path file) {
        Arena arena = Arena.ofShared();
        try {
            var bytes = MappedFile.map(file, arena);
            return new NpyFile(
                    file, arena, NpyArray.of(file, file.getFileName().toString(), bytes, arena));
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Writes an array to a file that appears whole or not at all.
     *
     * @param file the file, replaced if it exists
     * @param array the array; its name is not kept
     * @throws IllegalArgumentException if NumPy has no such element type
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public static void write(Path file, TensorEntry array) {
        byte[] header = NpyHeader.encode(array.dtype(), array.shape());
        AtomicFile.write(
                file,
                channel -> {
                    ChannelBytes.write(channel, ByteBuffer.wrap(header));
                    ChannelBytes.write(channel, array.data());
                });
    }

    /**
     * The file this is.
     *
     * @return its path
     */
    public Path path() {
        return path;
    }

    /**
     * The array, named as the file.
     *
     * @return row-major; its data ends with {@link #close}
     */
    public TensorEntry entry() {
        return entry;
    }

    /** Unmaps the file. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
