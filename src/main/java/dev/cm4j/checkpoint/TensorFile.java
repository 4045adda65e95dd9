package dev.cm4j.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An open file of named tensors, of any kind cm4j reads. */
public sealed interface TensorFile extends AutoCloseable
        permits SafetensorsFile, ShardedSafetensors, TorchFile, NpzFile {

    /**
     * Opens a file by what its first bytes say; its name counts only where they say nothing.
     *
     * @param file a safetensors file, a PyTorch checkpoint, or by its name NumPy's {@code .npz} or
     *     the index of a sharded checkpoint
     * @return the open file, the caller's to close
     * @throws FormatException if the file is none of them, or damaged
     * @throws UncheckedIOException if the file cannot be read
     */
    static TensorFile open(Path file) {
        if (file.toString().endsWith(".npz")) {
            return NpzFile.open(file);
        }
        if (file.toString().endsWith(ShardedSafetensors.SUFFIX)) {
            return ShardedSafetensors.open(file);
        }
        var first = ByteBuffer.allocate(Long.BYTES + 1);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.read(first);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
        boolean brace = first.position() == first.capacity() && first.get(Long.BYTES) == '{';
        return brace || file.toString().endsWith(".safetensors")
                ? SafetensorsFile.open(file)
                : TorchFile.open(file);
    }

    /**
     * The file this is.
     *
     * @return its path
     */
    Path path();

    /** What kind of file this is, in a word or two. */
    default String kind() {
        return switch (this) {
            case SafetensorsFile _ -> "safetensors";
            case ShardedSafetensors _ -> "sharded safetensors";
            case TorchFile _ -> "PyTorch state dict";
            case NpzFile _ -> "NumPy arrays";
        };
    }

    /**
     * All tensors by name, but those of {@link #unread}.
     *
     * @return an unmodifiable map in the file's order; its data ends with {@link #close}
     * @throws FormatException if a tensor cannot be read
     */
    Map<String, TensorEntry> entries();

    /**
     * The tensors beside {@link #entries} whose element types cm4j has no use for.
     *
     * @return an unmodifiable list, in the file's order
     */
    default List<UnreadTensor> unread() {
        return List.of();
    }

    /**
     * Where in a file a tensor lies, to be read from there later.
     *
     * @param entry of this file, or with data of one
     * @return empty if its bytes are not in the file as they are
     */
    Optional<FilePlace> place(TensorEntry entry);

    /** Unmaps the file. Every entry's data ends. */
    @Override
    void close();
}
