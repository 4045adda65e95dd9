package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An open safetensors file: a header in JSON and, mapped, the tensors behind it.
 *
 * <p>Opening checks the whole header against the file, so an open file has no surprises left. The
 * names of the errors are those of the reference reader, whose order of checks is kept; duplicate
 * names are refused, where the reference keeps the last. May be read from several threads.
 *
 * <p>Source: huggingface/safetensors, {@code tensor.rs}.
 */
public final class SafetensorsFile implements TensorFile {

    private static final long LONGEST_HEADER = 100_000_000;

    private final MappedFile mapped;
    private final Path path;
    private final Arena arena;
    private final MemorySegment data;
    private final SafetensorsHeader header;

    private SafetensorsFile(
            MappedFile mapped, Arena arena, MemorySegment data, SafetensorsHeader header) {
        this.mapped = mapped;
        this.path = mapped.file();
        this.arena = arena;
        this.data = data;
        this.header = header;
    }

    /**
     * Opens a file and checks its header.
     *
     * @param file the file, of any size
     * @return the open file, the caller's to close
     * @throws FormatException if the file is damaged or something else; it begins with the name of
     *     the error, such as {@code InvalidOffset(conv.weight)}
     * @throws java.io.UncheckedIOException if the file cannot be read
     */
    public static SafetensorsFile open(Path file) {
        Arena arena = Arena.ofShared();
        try {
            MappedFile mapped = MappedFile.open(file, arena);
            MemorySegment all = mapped.bytes();
            byte[] json = headerText(file, all);
            SafetensorsHeader header = SafetensorsHeader.parse(file, json);
            MemorySegment data = all.asSlice(Long.BYTES + json.length);
            header.check(file, data.byteSize());
            return new SafetensorsFile(mapped, arena, data, header);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Writes tensors to a file that appears whole or not at all, largest element types first and
     * then by name.
     *
     * @param file the file, replaced if it exists
     * @param tensors name to tensor; the names of the map count
     * @param metadata texts for the header, before which {@code format=pt} is put
     * @throws IllegalArgumentException if a tensor is called {@code __metadata__}
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public static void write(
            Path file, Map<String, TensorEntry> tensors, Map<String, String> metadata) {
        write(file, PendingTensor.of(tensors), metadata, WriteProgress.NONE);
    }

    /**
     * As {@link #write(Path, Map, Map)}, one tensor in memory at a time.
     *
     * @param file the file, replaced if it exists
     * @param tensors in any order
     * @param metadata texts for the header, before which {@code format=pt} is put
     * @param progress hears of each tensor
     * @throws IllegalArgumentException if a tensor is called {@code __metadata__}, or two have the
     *     same name
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public static void write(
            Path file,
            Collection<PendingTensor> tensors,
            Map<String, String> metadata,
            WriteProgress progress) {
        SafetensorsWriter.write(file, tensors, metadata, progress);
    }

    @Override
    public Path path() {
        return path;
    }

    /**
     * The texts in the header.
     *
     * @return an unmodifiable map in the file's order
     */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /**
     * The names of all tensors, in the header's order.
     *
     * @return an unmodifiable list
     */
    public List<String> names() {
        return List.copyOf(header.tensors().keySet());
    }

    boolean has(String name) {
        return header.tensors().containsKey(name);
    }

    /** Whether a tensor of this file has elements of a type that tensors of cm4j have. */
    boolean reads(String name) {
        return header.tensors().get(name).type().dtype().isPresent();
    }

    /**
     * One tensor.
     *
     * @param name its name
     * @return the tensor; its data ends with {@link #close}
     * @throws IllegalArgumentException if there is none of that name
     * @throws FormatException if its element type is one cm4j has no use for
     */
    public TensorEntry entry(String name) {
        SafetensorsHeader.Place place = header.tensors().get(name);
        if (place == null) {
            throw new IllegalArgumentException(path + " has no tensor " + name);
        }
        DType dtype =
                place.type()
                        .dtype()
                        .orElseThrow(() ->
                                new FormatException(
                                        path,
                                        name + " has elements of type " + place.type(),
                                        "one of " + List.of(DType.values())));
        return new TensorEntry(
                name,
                dtype,
                place.shape(),
                data.asSlice(place.begin(), place.end() - place.begin()));
    }

    @Override
    public Map<String, TensorEntry> entries() {
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        header.tensors()
                .forEach((name, place) -> {
                    if (place.type().dtype().isPresent()) {
                        entries.put(name, entry(name));
                    }
                });
        return Collections.unmodifiableMap(entries);
    }

    @Override
    public List<UnreadTensor> unread() {
        return header.tensors().entrySet().stream()
                .filter(tensor -> tensor.getValue().type().dtype().isEmpty())
                .map(tensor ->
                        new UnreadTensor(
                                tensor.getKey(),
                                tensor.getValue().type().name(),
                                tensor.getValue().shape()))
                .toList();
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

    private static byte[] headerText(Path file, MemorySegment all) {
        long size = all.byteSize();
        if (size < Long.BYTES) {
            throw new FormatException(
                    file,
                    "HeaderTooSmall: the file has " + size + " bytes",
                    "a safetensors file, which begins with 8 bytes of length");
        }
        long length = all.get(MappedFile.LONG, 0);
        if (Long.compareUnsigned(length, LONGEST_HEADER) > 0) {
            throw new FormatException(
                    file,
                    "HeaderTooLarge: a header of " + Long.toUnsignedString(length) + " bytes",
                    "a safetensors file, with a header of at most " + LONGEST_HEADER);
        }
        if (Long.BYTES + length > size) {
            throw new FormatException(
                    file,
                    "InvalidHeaderLength: a header of %d bytes in a file of %d"
                            .formatted(length, size),
                    "a whole safetensors file; was it cut short?");
        }
        byte[] json = MappedFile.bytes(all, Long.BYTES, (int) length);
        if (!isUtf8(json)) {
            throw new FormatException(
                    file, "InvalidHeader: the header is not UTF-8", "a safetensors file");
        }
        if (json.length == 0 || json[0] != '{') {
            throw new FormatException(
                    file,
                    "InvalidHeaderStart: the header does not begin with '{'",
                    "a safetensors file");
        }
        return json;
    }

    private static boolean isUtf8(byte[] text) {
        var decoder = StandardCharsets.UTF_8.newDecoder();
        var source = ByteBuffer.wrap(text);
        var sink = CharBuffer.allocate(8192);
        while (true) {
            var result = decoder.decode(source, sink, true);
            if (result.isError()) {
                return false;
            }
            if (result.isUnderflow()) {
                return true;
            }
            sink.clear();
        }
    }
}
