package dev.cm4j.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An open PyTorch checkpoint, {@code .pt}, {@code .pth} or {@code .bin}, of the zip kind or the
 * older one; the suffix means nothing.
 *
 * <p>The pickle inside is read by a machine that knows a closed list of opcodes and names and runs
 * nothing, so any file may be opened. Tensors in nested containers get the keys joined with '/',
 * list positions as numbers: {@code opt/state/0/exp_avg}. {@link StateDict} picks the weights.
 * Contiguous tensors are mapped, others are copied to row-major. Complex tensors get a last
 * dimension of 2 for real and imaginary part.
 *
 * <p>Source: PyTorch {@code torch/serialization.py}. May be read from several threads.
 */
public final class TorchFile implements TensorFile {

    private static final byte[] ZIP = {'P', 'K', 3, 4};
    private static final int PICKLE = 0x80;
    private static final int TAR_MARK = 257;

    private final MappedFile mapped;
    private final Arena arena;
    private final Map<String, TensorEntry> entries;
    private final List<String> notices;

    private TorchFile(
            MappedFile mapped,
            Arena arena,
            Map<String, TensorEntry> entries,
            List<String> notices) {
        this.mapped = mapped;
        this.arena = arena;
        this.entries = entries;
        this.notices = notices;
    }

    /**
     * Opens and checks a checkpoint.
     *
     * @param file the file, of any size
     * @return the open file, the caller's to close
     * @throws FormatException if the file is damaged, wants to run code, or is something else
     * @throws java.io.UncheckedIOException if the file cannot be read
     */
    public static TorchFile open(Path file) {
        Arena arena = Arena.ofShared();
        try {
            MappedFile mapped = MappedFile.open(file, arena);
            MemorySegment all = mapped.bytes();
            TorchContent content = read(file, all, arena);
            return new TorchFile(
                    mapped,
                    arena,
                    content.entries(file, all.byteSize(), arena),
                    List.copyOf(content.notices()));
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public Path path() {
        return mapped.file();
    }

    @Override
    public Map<String, TensorEntry> entries() {
        return Collections.unmodifiableMap(entries);
    }

    /**
     * Remarks on what is odd in the file and did no harm.
     *
     * @return sentences, usually none
     */
    public List<String> notices() {
        return notices;
    }

    @Override
    public Optional<FilePlace> place(TensorEntry entry) {
        return mapped.place(entry.data());
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private static TorchContent read(Path file, MemorySegment all, Arena arena) {
        if (startsWith(all, ZIP)) {
            return TorchArchive.read(file, all, arena);
        }
        if (startsWith(all, TorchStream.MAGIC)) {
            return TorchStream.read(file, all);
        }
        throw new FormatException(file, describe(all), "a PyTorch checkpoint");
    }

    /** Names the usual mistakes. */
    private static String describe(MemorySegment all) {
        long size = all.byteSize();
        if (size == 0) {
            return "an empty file";
        }
        if (startsWith(all, ascii("version https://git-lfs"))) {
            return "a Git LFS pointer instead of the file it stands for (run git lfs pull)";
        }
        if (startsWith(all, ascii("PYTORCH1"))) {
            return "a preview format of 2018";
        }
        if (size >= TAR_MARK + 5 && startsWith(all.asSlice(TAR_MARK), ascii("ustar"))) {
            return "a tar file from before PyTorch 0.1.10";
        }
        int first = all.get(ValueLayout.JAVA_BYTE, 0) & 0xFF;
        if (first == PICKLE) {
            return "a cut checkpoint, or a pickled Python object (convert it with Python first)";
        }
        if (first == '<') {
            return "a web page instead of the file (download it again)";
        }
        return "%d bytes that begin with 0x%02X".formatted(size, first);
    }

    private static boolean startsWith(MemorySegment all, byte[] magic) {
        return all.byteSize() >= magic.length
                && all.asSlice(0, magic.length).mismatch(MemorySegment.ofArray(magic)) < 0;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
