package dev.cm4j.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The index of a sharded checkpoint: which file each tensor is in.
 *
 * @param shards tensor name to the name of a file beside the index, in the index's order
 */
record ShardIndex(Map<String, String> shards) {

    private static final long LONGEST = 64L << 20;
    private static final String WELL_FORMED = "{\"metadata\": …, \"weight_map\": {tensor: file}}";
    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(64)
                                    .maxStringLength((int) LONGEST)
                                    .maxNameLength((int) LONGEST)
                                    .build())
                    .build();

    /** Reads and checks an index; the files it names are not looked at. */
    static ShardIndex read(Path file) {
        Map<String, String> shards = new LinkedHashMap<>();
        boolean found = false;
        try (JsonParser parser = JSON.createParser(content(file))) {
            require(file, parser.nextToken() == JsonToken.START_OBJECT, "no JSON object");
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                parser.nextToken();
                if (field.equals("weight_map")) {
                    readMap(file, parser, shards);
                    found = true;
                } else {
                    parser.skipChildren();
                }
            }
            require(file, parser.nextToken() == null, "text after the JSON object");
        } catch (IOException e) { // of the parser: the bytes are here
            String problem = e.getMessage() == null ? "" : e.getMessage();
            throw new FormatException(
                    file,
                    "broken JSON: " + TensorName.shown(problem.lines().findFirst().orElse("")),
                    WELL_FORMED,
                    e);
        }
        require(file, found, "an index without weight_map");
        return new ShardIndex(shards);
    }

    private static byte[] content(Path file) {
        try {
            long size = Files.size(file);
            require(file, size <= LONGEST, "an index of " + size + " bytes");
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static void readMap(Path file, JsonParser parser, Map<String, String> shards)
            throws IOException {
        require(
                file,
                parser.currentToken() == JsonToken.START_OBJECT,
                "a weight_map that is no object");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String tensor = parser.currentName();
            TensorName.require(file, tensor);
            require(
                    file,
                    parser.nextToken() == JsonToken.VALUE_STRING,
                    tensor + " with a file name that is no text");
            String shard = parser.getText();
            if (!isFileName(file, shard)) {
                throw new FormatException(
                        file,
                        tensor + " in a file called '" + TensorName.shown(shard) + "'",
                        "the name of a .safetensors file beside the index");
            }
            shards.put(tensor, shard);
        }
    }

    /** Whether a file beside the index can have this name. */
    private static boolean isFileName(Path index, String shard) {
        if (shard.contains("/") || shard.contains("\\") || !shard.endsWith(".safetensors")) {
            return false;
        }
        try {
            return !index.resolveSibling(shard).equals(index);
        } catch (InvalidPathException e) { // such as of NUL or half a character
            return false;
        }
    }

    private static void require(Path file, boolean condition, String found) {
        if (!condition) {
            throw new FormatException(file, found, WELL_FORMED);
        }
    }
}
