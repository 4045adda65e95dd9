package dev.cm4j.preset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.util.Map;
import java.util.TreeMap;

/** The names and values of a preset before they have types: reading, merging, overriding. */
final class PresetTree {

    private static final ObjectMapper YAML =
            new ObjectMapper(
                    YAMLFactory.builder()
                            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                            .build());

    private PresetTree() {}

    /**
     * @param origin where the text comes from, for messages
     * @throws PresetException if it is not YAML, or no mapping
     */
    static ObjectNode parse(String text, String origin) {
        try {
            if (YAML.readTree(text) instanceof ObjectNode tree) {
                return tree;
            }
        } catch (JsonProcessingException e) {
            throw new PresetException(
                    origin
                            + ", line "
                            + e.getLocation().getLineNr()
                            + ": "
                            + e.getOriginalMessage().lines().findFirst().orElse("not YAML"),
                    e);
        }
        throw new PresetException(origin + ": expected sections with keys and values");
    }

    /** The tree as YAML, without comments. */
    static String text(JsonNode tree) {
        try {
            return YAML.writeValueAsString(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write a tree as YAML", e);
        }
    }

    /**
     * Puts one tree over another: mappings are merged key by key, everything else is replaced. A
     * mapping whose {@code kind} changes is replaced too, because its other keys lose their
     * meaning.
     */
    static ObjectNode merge(ObjectNode base, ObjectNode over) {
        ObjectNode merged = base.deepCopy();
        over.properties()
                .forEach(entry -> {
                    JsonNode old = merged.get(entry.getKey());
                    JsonNode replacement = entry.getValue();
                    boolean both = old instanceof ObjectNode && replacement instanceof ObjectNode;
                    if (both && !changesKind(old, replacement)) {
                        replacement = merge((ObjectNode) old, (ObjectNode) replacement);
                    }
                    merged.set(entry.getKey(), replacement);
                });
        return merged;
    }

    private static boolean changesKind(JsonNode old, JsonNode replacement) {
        return replacement.has("kind") && !replacement.get("kind").equals(old.get("kind"));
    }

    /**
     * Sets one value.
     *
     * @param assignment {@code key.path=value}; entries of lists are counted from 0, the value is
     *     YAML
     * @throws PresetException if it has another form or leads nowhere
     */
    static ObjectNode override(ObjectNode tree, String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            throw new PresetException(
                    "'"
                            + assignment
                            + "' is no override; write key.path=value, for example"
                            + " optim.batch_size=64");
        }
        String path = assignment.substring(0, equals).strip();
        ObjectNode changed = tree.deepCopy();
        JsonNode value;
        try {
            value = YAML.readTree(assignment.substring(equals + 1));
        } catch (JsonProcessingException e) {
            throw new PresetException("the value of '" + assignment + "' is not YAML", e);
        }
        String[] keys = path.split("\\.");
        JsonNode at = changed;
        for (int i = 0; i < keys.length - 1; i++) {
            at = step(at, keys[i], path);
        }
        set(at, keys[keys.length - 1], value, path);
        return changed;
    }

    private static JsonNode step(JsonNode at, String key, String path) {
        if (at instanceof ArrayNode list) {
            return list.get(index(list, key, path));
        }
        if (at instanceof ObjectNode mapping) {
            JsonNode next = mapping.get(key);
            return next == null || next.isNull() ? mapping.putObject(key) : next;
        }
        throw new PresetException("override '" + path + "': nothing lies below a plain value");
    }

    private static void set(JsonNode at, String key, JsonNode value, String path) {
        switch (at) {
            case ArrayNode list -> list.set(index(list, key, path), value);
            case ObjectNode mapping -> mapping.set(key, value);
            default ->
                    throw new PresetException(
                            "override '" + path + "': nothing lies below a plain value");
        }
    }

    private static int index(ArrayNode list, String key, String path) {
        if (key.matches("\\d{1,6}") && Integer.parseInt(key) < list.size()) {
            return Integer.parseInt(key);
        }
        throw new PresetException(
                "override '"
                        + path
                        + "': '"
                        + key
                        + "' is no entry of a list of "
                        + list.size()
                        + ", counted from 0");
    }

    /** Every plain value under its {@code key.path}, sorted. */
    static Map<String, String> flat(JsonNode tree) {
        Map<String, String> values = new TreeMap<>();
        flatten("", tree, values);
        return values;
    }

    private static void flatten(String path, JsonNode node, Map<String, String> values) {
        String prefix = path.isEmpty() ? "" : path + ".";
        if (node.isArray() && !plain(node)) {
            for (int i = 0; i < node.size(); i++) {
                flatten(prefix + i, node.get(i), values);
            }
        } else if (node.isObject()) {
            node.properties().forEach(e -> flatten(prefix + e.getKey(), e.getValue(), values));
        } else {
            values.put(path, node.isTextual() ? node.asText() : node.toString());
        }
    }

    private static boolean plain(JsonNode list) {
        for (JsonNode entry : list) {
            if (!entry.isValueNode()) {
                return false;
            }
        }
        return true;
    }
}
