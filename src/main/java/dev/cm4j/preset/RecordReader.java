package dev.cm4j.preset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Trees of names and values, read as config records.
 *
 * <p>The keys are the record components' names in snake case, {@code learningRate} being {@code
 * learning_rate}. A member of a sealed family names itself with {@code kind}: its class name in
 * kebab case without the part it shares with the family, so {@code DoublingCurriculum} is {@code
 * kind: doubling}. Enum constants are written in kebab case. Every key must be there, except those
 * of optional components and those in {@code given}; no other key may.
 */
final class RecordReader {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final Map<String, Object> given;

    /**
     * @param given values for keys that a tree may leave out, such as {@code total_steps}, which a
     *     run decides and not a preset
     */
    RecordReader(Map<String, Object> given) {
        this.given = Map.copyOf(given);
    }

    /**
     * @param path where the tree stands in its file, for messages; empty at the top
     * @throws PresetException naming the key, if the tree does not fit the type
     */
    <T> T read(JsonNode tree, Class<T> type, String path) {
        return type.cast(value(tree, type, path));
    }

    private Object value(JsonNode node, Type type, String path) {
        if (type instanceof ParameterizedType generic) {
            return collection(node, generic, path);
        }
        Class<?> plain = (Class<?>) type;
        if (plain.isRecord()) {
            return record(node, plain, path, false);
        }
        if (plain.isSealed()) {
            return record(node, member(node, plain, path), path, true);
        }
        if (plain.isEnum()) {
            return constant(node, plain, path);
        }
        return leaf(node, plain, path);
    }

    private Object record(JsonNode node, Class<?> type, String path, boolean kind) {
        if (!node.isObject()) {
            throw wrong(path, "keys and values", node);
        }
        RecordComponent[] components = type.getRecordComponents();
        List<String> names = new ArrayList<>();
        for (RecordComponent component : components) {
            names.add(RecordNames.snake(component.getName()));
        }
        for (String key : keys(node)) {
            if (!names.contains(key) && !(kind && key.equals("kind"))) {
                throw new PresetException(
                        "unknown key '" + child(path, key) + "'" + NearestName.hint(key, names));
            }
        }
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = component(node.get(names.get(i)), components[i], path);
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            String where = path.isEmpty() ? "" : path + ": ";
            throw new PresetException(where + e.getCause().getMessage(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " has no usable constructor", e);
        }
    }

    private Object component(JsonNode node, RecordComponent component, String path) {
        String name = RecordNames.snake(component.getName());
        if (node != null && !node.isNull()) {
            return value(node, component.getGenericType(), child(path, name));
        }
        if (component.getType() == Optional.class) {
            return Optional.empty();
        }
        if (given.containsKey(name)) {
            return given.get(name);
        }
        throw new PresetException("missing key '" + child(path, name) + "'");
    }

    private static Class<?> member(JsonNode node, Class<?> family, String path) {
        Map<String, Class<?>> kinds = RecordNames.kinds(family);
        JsonNode kind = node.path("kind");
        if (!kind.isTextual()) {
            throw new PresetException(
                    "missing key '"
                            + child(path, "kind")
                            + "', one of "
                            + String.join(", ", kinds.keySet()));
        }
        Class<?> found = kinds.get(kind.asText());
        if (found == null) {
            throw new PresetException(
                    child(path, "kind")
                            + ": there is no '"
                            + kind.asText()
                            + "'"
                            + NearestName.hint(kind.asText(), kinds.keySet()));
        }
        return found;
    }

    private Object collection(JsonNode node, ParameterizedType type, String path) {
        if (type.getRawType() == Optional.class) {
            return Optional.of(value(node, type.getActualTypeArguments()[0], path));
        }
        if (type.getRawType() == List.class) {
            if (!node.isArray()) {
                throw wrong(path, "a list", node);
            }
            List<Object> list = new ArrayList<>();
            for (int i = 0; i < node.size(); i++) {
                list.add(value(node.get(i), type.getActualTypeArguments()[0], child(path, "" + i)));
            }
            return Collections.unmodifiableList(list);
        }
        if (!node.isObject()) {
            throw wrong(path, "keys and values", node);
        }
        Map<Object, Object> map = new LinkedHashMap<>();
        for (String key : keys(node)) {
            map.put(
                    leaf(NODES.textNode(key), (Class<?>) type.getActualTypeArguments()[0], path),
                    value(node.get(key), type.getActualTypeArguments()[1], child(path, key)));
        }
        return Collections.unmodifiableMap(map);
    }

    private static Object constant(JsonNode node, Class<?> type, String path) {
        Map<String, Object> constants = new LinkedHashMap<>();
        for (Object constant : type.getEnumConstants()) {
            constants.put(RecordNames.kebab((Enum<?>) constant), constant);
        }
        Object found = constants.get(node.asText());
        if (found == null) {
            throw new PresetException(
                    path
                            + ": there is no '"
                            + node.asText()
                            + "'"
                            + NearestName.hint(node.asText(), constants.keySet()));
        }
        return found;
    }

    private static Object leaf(JsonNode node, Class<?> type, String path) {
        String text = node.asText().strip();
        if (type == String.class && node.isValueNode()) {
            return node.asText();
        }
        if (type == boolean.class && (node.isBoolean() || text.matches("true|false"))) {
            return Boolean.parseBoolean(text);
        }
        if (type == int.class || type == Integer.class) {
            return number(node, text, path, "a whole number", Integer::valueOf);
        }
        if (type == long.class || type == Long.class) {
            return number(node, text, path, "a whole number", Long::valueOf);
        }
        if (type == double.class || type == Double.class) {
            return number(node, text, path, "a number", Double::valueOf);
        }
        throw wrong(path, type == boolean.class ? "true or false" : type.getSimpleName(), node);
    }

    private static Object number(
            JsonNode node,
            String text,
            String path,
            String expected,
            Function<String, Object> parse) {
        try {
            return parse.apply(text);
        } catch (NumberFormatException e) {
            throw wrong(path, expected, node);
        }
    }

    private static PresetException wrong(String path, String expected, JsonNode found) {
        return new PresetException(path + ": expected " + expected + ", found " + found);
    }

    static List<String> keys(JsonNode node) {
        List<String> keys = new ArrayList<>();
        node.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    private static String child(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
