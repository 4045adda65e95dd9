package dev.cm4j.preset;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What record components, enum constants and members of sealed families are called in a file. */
final class RecordNames {

    private RecordNames() {}

    /** The records of a sealed family under their {@code kind}. */
    static Map<String, Class<?>> kinds(Class<?> family) {
        Map<String, Class<?>> kinds = new TreeMap<>();
        for (Class<?> member : family.getPermittedSubclasses()) {
            if (member.isRecord()) {
                kinds.put(kind(member, family), member);
            } else if (member.isSealed()) {
                kinds.putAll(kinds(member));
            }
        }
        return kinds;
    }

    /** {@code DoublingCurriculum} of {@code Curriculum} is {@code doubling}. */
    static String kind(Class<?> member, Class<?> family) {
        List<String> words = words(member.getSimpleName());
        List<String> shared = words(family.getSimpleName());
        int from = words.size() - 1;
        int at = shared.size() - 1;
        int keep = words.size();
        while (from > 0 && at >= 0 && words.get(from).equals(shared.get(at))) {
            keep = from;
            from--;
            at--;
        }
        return String.join("-", words.subList(0, keep));
    }

    private static List<String> words(String name) {
        return Arrays.stream(name.split("(?<=[a-z0-9])(?=[A-Z])"))
                .map(word -> word.toLowerCase(Locale.ROOT))
                .toList();
    }

    /** {@code TRUNCATED_SNR} becomes {@code truncated-snr}. */
    static String kebab(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** {@code learningRate} becomes {@code learning_rate}. */
    static String snake(String name) {
        return String.join("_", words(name));
    }
}
