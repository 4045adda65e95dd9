package dev.cm4j.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The JSON header of a safetensors file, read and checked.
 *
 * @param metadata the texts under {@code __metadata__}
 * @param tensors place, type and shape of each tensor, in the header's order
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, Place> tensors) {

    static final String METADATA = "__metadata__";

    /** Where a tensor lies: bytes [begin, end) of the data that follow the header. */
    record Place(SafetensorsType type, long[] shape, long begin, long end) {}

    private static final String WELL_FORMED =
            "one JSON object of tensors, each with dtype, shape and two data_offsets";
    private static final int LONGEST_TEXT = 100_000_000;

    // No interning and no shared name table: a hostile header leaves nothing behind.
    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(64)
                                    .maxStringLength(LONGEST_TEXT)
                                    .maxNameLength(LONGEST_TEXT)
                                    .build())
                    .build();

    /** Parses the JSON text; says InvalidHeaderDeserialization where it is not as it should be. */
    static SafetensorsHeader parse(Path file, byte[] json) {
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, Place> tensors = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(json)) {
            require(file, parser.nextToken() == JsonToken.START_OBJECT, "no JSON object");
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                TensorName.require(file, name);
                parser.nextToken();
                if (name.equals(METADATA)) {
                    readMetadata(file, parser, metadata);
                } else {
                    tensors.put(name, readPlace(file, parser, name));
                }
            }
            require(file, parser.nextToken() == null, "text after the JSON object");
        } catch (IOException e) {
            throw new FormatException(
                    file,
                    "InvalidHeaderDeserialization: "
                            + (e.getMessage() == null ? "" : firstLine(e.getMessage())),
                    WELL_FORMED,
                    e);
        }
        return new SafetensorsHeader(metadata, tensors);
    }

    /** Checks that the tensors tile the data: no hole, no overlap, nothing left. */
    void check(Path file, long dataBytes) {
        List<Map.Entry<String, Place>> places = new ArrayList<>(tensors.entrySet());
        places.sort(
                Comparator.comparingLong((Map.Entry<String, Place> e) -> e.getValue().begin())
                        .thenComparingLong(e -> e.getValue().end()));
        long previousEnd = 0;
        for (var entry : places) {
            String name = entry.getKey();
            Place place = entry.getValue();
            if (place.begin() != previousEnd || place.end() < place.begin()) {
                throw new FormatException(
                        file,
                        "InvalidOffset(%s): data_offsets [%d, %d]"
                                .formatted(name, place.begin(), place.end()),
                        "them to begin where the tensor before ends, at " + previousEnd);
            }
            previousEnd = place.end();
            long elements = TensorEntry.elements(place.shape());
            if (elements < 0) {
                throw new FormatException(
                        file,
                        "ValidationOverflow(%s): shape %s"
                                .formatted(name, Arrays.toString(place.shape())),
                        "at most 16 sizes and 2^48 elements");
            }
            long bytes = elements * place.type().bytes();
            if (place.end() - place.begin() != bytes) {
                throw new FormatException(
                        file,
                        "TensorInvalidInfo(%s): %d bytes for %s of shape %s"
                                .formatted(
                                        name,
                                        place.end() - place.begin(),
                                        place.type(),
                                        Arrays.toString(place.shape())),
                        bytes + " bytes");
            }
        }
        if (previousEnd != dataBytes) {
            throw new FormatException(
                    file,
                    "MetadataIncompleteBuffer: the tensors end at byte %d of the data, which has %d"
                            .formatted(previousEnd, dataBytes),
                    "the file to end with its last tensor; was it cut short or appended to?");
        }
    }

    private static void readMetadata(Path file, JsonParser parser, Map<String, String> metadata)
            throws IOException {
        require(
                file,
                parser.currentToken() == JsonToken.START_OBJECT,
                METADATA + " is not an object");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            require(
                    file,
                    parser.nextToken() == JsonToken.VALUE_STRING,
                    METADATA + " entry " + TensorName.shown(key) + " is not a text");
            metadata.put(key, parser.getText());
        }
    }

    private static Place readPlace(Path file, JsonParser parser, String name) throws IOException {
        require(file, parser.currentToken() == JsonToken.START_OBJECT, name + " is not an object");
        Optional<SafetensorsType> type = Optional.empty();
        Optional<long[]> shape = Optional.empty();
        Optional<long[]> offsets = Optional.empty();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (field) {
                case "dtype" -> {
                    require(file, value == JsonToken.VALUE_STRING, name + ": dtype is not a text");
                    type = SafetensorsType.named(parser.getText());
                    require(
                            file,
                            type.isPresent(),
                            name + ": unknown dtype '" + TensorName.shown(parser.getText()) + "'");
                }
                case "shape" -> shape = Optional.of(readNumbers(file, parser, name, field));
                case "data_offsets" ->
                        offsets = Optional.of(readNumbers(file, parser, name, field));
                default -> parser.skipChildren();
            }
        }
        require(
                file,
                type.isPresent() && shape.isPresent() && offsets.isPresent(),
                name + " lacks dtype, shape or data_offsets");
        require(
                file,
                offsets.orElseThrow().length == 2,
                name + ": " + offsets.orElseThrow().length + " data_offsets");
        return new Place(
                type.orElseThrow(),
                shape.orElseThrow(),
                offsets.orElseThrow()[0],
                offsets.orElseThrow()[1]);
    }

    /** An array of numbers in [0, 2^64); those beyond 2^63 are cut to it, to fail a later check. */
    private static long[] readNumbers(Path file, JsonParser parser, String name, String field)
            throws IOException {
        require(
                file,
                parser.currentToken() == JsonToken.START_ARRAY,
                name + ": " + field + " is not an array");
        long[] numbers = new long[4];
        int count = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            BigInteger number =
                    parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                                    && parser.getTextLength() <= 20
                            ? parser.getBigIntegerValue()
                            : BigInteger.ONE.negate();
            require(
                    file,
                    number.signum() >= 0 && number.bitLength() <= 64,
                    name + ": " + field + " holds " + TensorName.shown(parser.getText()));
            if (count == numbers.length) {
                require(file, count <= 64, name + ": " + field + " has too many numbers");
                numbers = Arrays.copyOf(numbers, 2 * count);
            }
            numbers[count++] = number.bitLength() > 63 ? Long.MAX_VALUE : number.longValue();
        }
        return Arrays.copyOf(numbers, count);
    }

    private static void require(Path file, boolean condition, String found) {
        if (!condition) {
            throw new FormatException(file, "InvalidHeaderDeserialization: " + found, WELL_FORMED);
        }
    }

    private static String firstLine(String text) {
        return TensorName.shown(text.lines().findFirst().orElse(""));
    }
}
