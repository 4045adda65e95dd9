package dev.cm4j.convert;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.checkpoint.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Options of a configuration file of diffusers, each with its default; refuses by name. */
final class OptionReader {

    private static final int MOST_VALUES = 16; // levels of a network

    private final Path file;
    private final JsonNode json;

    OptionReader(Path file, JsonNode json) {
        this.file = file;
        this.json = json;
        if (!json.isObject()) {
            throw new FormatException(file, "no JSON object", "the configuration of a model");
        }
    }

    boolean has(String key) {
        return json.has(key);
    }

    boolean isNull(String key) {
        return json.path(key).isMissingNode() || json.path(key).isNull();
    }

    int number(String key, int absent) {
        JsonNode value = json.path(key);
        if (value.isMissingNode()) {
            return absent;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw unsupported(key, value.toString(), "a whole number");
        }
        return value.intValue();
    }

    /** As the other, for a number that decides how much there is of something. */
    int count(String key, int absent, int most) {
        int count = number(key, absent);
        if (count < 1 || count > most) {
            throw unsupported(key, Integer.toString(count), "1 to " + most);
        }
        return count;
    }

    double real(String key, double absent) {
        JsonNode value = json.path(key);
        if (value.isMissingNode()) {
            return absent;
        }
        if (!value.isNumber()) {
            throw unsupported(key, value.toString(), "a number");
        }
        return value.doubleValue();
    }

    boolean flag(String key, boolean absent) {
        JsonNode value = json.path(key);
        if (value.isMissingNode()) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw unsupported(key, value.toString(), "true or false");
        }
        return value.booleanValue();
    }

    String choice(String key, String absent, String... allowed) {
        JsonNode value = json.path(key);
        String text = value.isMissingNode() ? absent : value.isTextual() ? value.textValue() : "";
        if (!List.of(allowed).contains(text)) {
            throw unsupported(key, value.toString(), String.join(" or ", allowed));
        }
        return text;
    }

    /** A side length, given once or twice. */
    int square(String key) {
        JsonNode value = json.path(key);
        if (value.isArray()) {
            List<Integer> sides = numbers(key, List.of());
            if (sides.size() != 2 || !sides.getFirst().equals(sides.getLast())) {
                throw unsupported(key, value.toString(), "a square");
            }
            return sides.getFirst();
        }
        if (isNull(key)) {
            throw unsupported(key, "absent", "the side of the image in pixels");
        }
        return number(key, 0);
    }

    List<Integer> numbers(String key, List<Integer> absent) {
        List<Integer> numbers = new ArrayList<>();
        for (JsonNode item : list(key)) {
            if (!item.isIntegralNumber() || !item.canConvertToInt() || item.intValue() < 1) {
                throw unsupported(key, item.toString(), "positive whole numbers");
            }
            numbers.add(item.intValue());
        }
        return json.path(key).isMissingNode() ? absent : numbers;
    }

    List<String> texts(String key, List<String> absent) {
        List<String> texts = new ArrayList<>();
        for (JsonNode item : list(key)) {
            if (!item.isTextual()) {
                throw unsupported(key, item.toString(), "texts");
            }
            texts.add(item.textValue());
        }
        return json.path(key).isMissingNode() ? absent : texts;
    }

    private JsonNode list(String key) {
        JsonNode value = json.path(key);
        if (!value.isMissingNode()
                && (!value.isArray() || value.isEmpty() || value.size() > MOST_VALUES)) {
            throw unsupported(
                    key,
                    value.getNodeType().toString(),
                    "a list of 1 to " + MOST_VALUES + " values");
        }
        return value;
    }

    void requireText(String key, String absent, String required) {
        choice(key, absent, required);
    }

    void requireFlag(String key, boolean required) {
        if (flag(key, required) != required) {
            throw unsupported(key, Boolean.toString(!required), Boolean.toString(required));
        }
    }

    void requireNumber(String key, double absent, double required) {
        double value = real(key, absent);
        if (value != required) {
            throw unsupported(key, Double.toString(value), Double.toString(required));
        }
    }

    void requireAbsent(String key) {
        if (!isNull(key)) {
            throw unsupported(key, json.path(key).toString(), "null");
        }
    }

    void requireLength(String key, int length, int required) {
        if (length != required) {
            throw unsupported(key, length + " entries", required + ", one for each level");
        }
    }

    FormatException unsupported(String key, String found, String expected) {
        String shown = found.length() <= 200 ? found : found.substring(0, 200) + "…";
        return new FormatException(file, "option " + key + " is " + shown, expected);
    }
}
