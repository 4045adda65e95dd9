package dev.cm4j.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Tensors spread over several safetensors files, and the index {@code
 * <stem>.safetensors.index.json} that says which is where.
 *
 * <p>Opening checks each file as {@link SafetensorsFile} does, and that the index and the files
 * name exactly the same tensors. May be read from several threads.
 *
 * <p>Source: huggingface_hub, {@code serialization/_base.py}.
 */
public final class ShardedSafetensors implements TensorFile {

    /** How the name of every index ends. */
    public static final String SUFFIX = ".safetensors.index.json";

    private static final JsonFactory JSON = new JsonFactory();

    private final Path path;
    private final List<SafetensorsFile> files;
    private final Map<String, TensorEntry> entries;

    private ShardedSafetensors(
            Path path, List<SafetensorsFile> files, Map<String, TensorEntry> entries) {
        this.path = path;
        this.files = files;
        this.entries = entries;
    }

    /**
     * Opens an index and all files it names.
     *
     * @param index the index; the files lie beside it
     * @return the open files as one, the caller's to close
     * @throws FormatException if the index or a file is damaged or missing, or they name different
     *     tensors
     * @throws UncheckedIOException if a file cannot be read
     */
    public static ShardedSafetensors open(Path index) {
        Map<String, String> places = ShardIndex.read(index).shards();
        Map<String, SafetensorsFile> files = new LinkedHashMap<>();
        try {
            for (String name : places.values()) {
                if (!files.containsKey(name)) {
                    files.put(name, openShard(index, name));
                }
            }
            return new ShardedSafetensors(
                    index, List.copyOf(files.values()), entries(index, places, files));
        } catch (RuntimeException | Error e) {
            files.values().forEach(SafetensorsFile::close);
            throw e;
        }
    }

    private static SafetensorsFile openShard(Path index, String name) {
        Path file = index.resolveSibling(name);
        if (!Files.isRegularFile(file)) {
            throw new FormatException(index, "the file " + name + " is missing", "it beside this");
        }
        return SafetensorsFile.open(file);
    }

    private static Map<String, TensorEntry> entries(
            Path index, Map<String, String> places, Map<String, SafetensorsFile> files) {
        files.forEach((file, open) -> {
            for (String tensor : open.names()) {
                if (!file.equals(places.get(tensor))) {
                    throw new FormatException(
                            open.path(),
                            tensor + ", which the index does not place here",
                            "the tensors of " + index.getFileName());
                }
            }
        });
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        places.forEach((tensor, file) -> {
            SafetensorsFile open = files.get(file);
            if (!open.has(tensor)) {
                throw new FormatException(
                        open.path(),
                        "no tensor " + tensor,
                        "it here, as " + index.getFileName() + " says");
            }
            if (open.reads(tensor)) {
                entries.put(tensor, open.entry(tensor));
            }
        });
        return entries;
    }

    /**
     * Writes tensors to files of limited size and an index, which is put in place last. An index
     * that is there already, and all its files, stay as they are until then, and may be what the
     * tensors come from; the files that it alone named are deleted afterwards, those that are
     * called as the files of an index of this name are.
     *
     * @param index the index to write, its name ending in {@value #SUFFIX}; the files go beside it
     *     as {@code <stem>-00001-of-0000n.safetensors}, or where any of these exists as {@code
     *     <stem>-2-00001-of-0000n.safetensors}, and so on
     * @param tensors in the order they are to be spread
     * @param largest most bytes of tensors in one file; a tensor beyond that gets a file of its own
     * @param progress hears of each tensor
     * @throws IllegalArgumentException if the name of the index ends otherwise, the limit is not
     *     positive, or two tensors have the same name
     * @throws UncheckedIOException if a file cannot be written; then all is as it was before
     */
    public static void write(
            Path index, Collection<PendingTensor> tensors, long largest, WriteProgress progress) {
        String name = index.getFileName().toString();
        if (!name.endsWith(SUFFIX)) {
            throw new IllegalArgumentException(
                    "the name of an index ends in " + SUFFIX + ", but it is " + name);
        }
        if (largest <= 0) {
            throw new IllegalArgumentException("files of " + largest + " bytes hold no tensors");
        }
        String stem = name.substring(0, name.length() - SUFFIX.length());
        long total = PendingTensor.totalBytes(tensors);
        List<List<PendingTensor>> shards = spread(tensors, largest);
        List<String> names = freeNames(index, stem, shards.size());
        Set<String> old = named(index, stem);
        Map<String, String> places = new TreeMap<>();
        long before = 0;
        try {
            for (int i = 0; i < shards.size(); i++) {
                String file = names.get(i);
                long start = before;
                SafetensorsFile.write(
                        index.resolveSibling(file),
                        shards.get(i),
                        Map.of(),
                        (written, _) -> progress.progressed(start + written, total));
                for (PendingTensor tensor : shards.get(i)) {
                    places.put(tensor.name(), file);
                    before += tensor.bytes();
                }
            }
            byte[] text = indexText(places, total);
            AtomicFile.write(index, channel -> ChannelBytes.write(channel, ByteBuffer.wrap(text)));
        } catch (RuntimeException | Error e) {
            delete(index, names);
            throw e;
        }
        delete(index, old);
    }

    /** Names of files that are not there yet: whatever reads others goes on reading them. */
    private static List<String> freeNames(Path index, String stem, int count) {
        for (int turn = 0; ; turn++) {
            String word = turn == 0 ? stem : stem + "-" + (turn + 1);
            List<String> names =
                    IntStream.rangeClosed(1, count).mapToObj(i -> name(word, i, count)).toList();
            if (names.stream().noneMatch(name -> Files.exists(index.resolveSibling(name)))) {
                return names;
            }
        }
    }

    private static String name(String word, int number, int count) {
        return String.format(Locale.ROOT, "%s-%05d-of-%05d.safetensors", word, number, count);
    }

    /**
     * The files of an index that is there already; none where it is damaged, and none that an index
     * of this name is not written with, whatever it says.
     */
    private static Set<String> named(Path index, String stem) {
        Pattern own =
                Pattern.compile(
                        Pattern.quote(stem) + "(-\\d{1,9})?-\\d{5,9}-of-\\d{5,9}\\.safetensors");
        try {
            return Files.exists(index)
                    ? ShardIndex.read(index).shards().values().stream()
                            .filter(name -> own.matcher(name).matches())
                            .collect(Collectors.toSet())
                    : Set.of();
        } catch (FormatException e) {
            return Set.of(); // what it meant is nobody's to delete
        }
    }

    private static void delete(Path index, Collection<String> names) {
        for (String name : names) {
            try {
                Files.deleteIfExists(index.resolveSibling(name));
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "cannot delete " + index.resolveSibling(name) + ": " + e.getMessage(), e);
            }
        }
    }

    private static List<List<PendingTensor>> spread(
            Collection<PendingTensor> tensors, long largest) {
        List<List<PendingTensor>> shards = new ArrayList<>();
        List<PendingTensor> shard = new ArrayList<>();
        long room = largest;
        for (PendingTensor tensor : tensors) {
            if (tensor.bytes() > room && !shard.isEmpty()) {
                shards.add(shard);
                shard = new ArrayList<>();
                room = largest;
            }
            shard.add(tensor);
            room -= tensor.bytes();
        }
        shards.add(shard);
        return shards;
    }

    private static byte[] indexText(Map<String, String> places, long total) {
        var text = new ByteArrayOutputStream();
        var indenter = new DefaultIndenter("  ", "\n");
        try (var json = JSON.createGenerator(text)) {
            json.setPrettyPrinter(new DefaultPrettyPrinter().withObjectIndenter(indenter));
            json.writeStartObject();
            json.writeObjectFieldStart("metadata");
            json.writeNumberField("total_size", total);
            json.writeEndObject();
            json.writeObjectFieldStart("weight_map");
            for (var place : places.entrySet()) {
                json.writeStringField(place.getKey(), place.getValue());
            }
            json.writeEndObject();
            json.writeEndObject();
            json.writeRaw('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toByteArray();
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Map<String, TensorEntry> entries() {
        return Collections.unmodifiableMap(entries);
    }

    @Override
    public List<UnreadTensor> unread() {
        return files.stream().flatMap(file -> file.unread().stream()).toList();
    }

    @Override
    public Optional<FilePlace> place(TensorEntry entry) {
        return files.stream().flatMap(file -> file.place(entry).stream()).findFirst();
    }

    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }
}
