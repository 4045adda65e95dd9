package dev.cm4j.preset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Config records as trees of names and values, in the form that {@link RecordReader} takes. */
final class RecordWriter {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private RecordWriter() {}

    /** The tree of a record. */
    static JsonNode write(Record record) {
        return write(record, record.getClass());
    }

    private static JsonNode write(Object value, Type declared) {
        return switch (value) {
            case Integer number -> NODES.numberNode(number);
            case Long number -> NODES.numberNode(number);
            case Double number -> NODES.numberNode(number);
            case Boolean flag -> NODES.booleanNode(flag);
            case String text -> NODES.textNode(text);
            case Enum<?> constant -> NODES.textNode(RecordNames.kebab(constant));
            case Optional<?> optional when optional.isEmpty() -> NODES.nullNode();
            case Optional<?> optional -> write(optional.get(), argument(declared, 0));
            case List<?> list -> {
                ArrayNode array = NODES.arrayNode();
                list.forEach(entry -> array.add(write(entry, argument(declared, 0))));
                yield array;
            }
            case Map<?, ?> map -> {
                ObjectNode object = NODES.objectNode();
                map.forEach((k, v) -> object.set(k.toString(), write(v, argument(declared, 1))));
                yield object;
            }
            case Record record -> record(record, (Class<?>) declared);
            default -> throw new IllegalArgumentException("no tree for " + value.getClass());
        };
    }

    private static ObjectNode record(Record record, Class<?> declared) {
        ObjectNode object = NODES.objectNode();
        if (declared.isSealed()) {
            object.put("kind", RecordNames.kind(record.getClass(), declared));
        }
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            object.set(
                    RecordNames.snake(component.getName()),
                    write(read(record, component), component.getGenericType()));
        }
        return object;
    }

    private static Type argument(Type declared, int index) {
        return ((ParameterizedType) declared).getActualTypeArguments()[index];
    }

    private static Object read(Record record, RecordComponent component) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }
}
