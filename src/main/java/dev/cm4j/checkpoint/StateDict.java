package dev.cm4j.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The weights inside a file of tensors: found under the usual root and freed of the usual prefix.
 *
 * @param entries name to tensor in the file's order; an entry keeps the name it had in the file
 * @param notices what was chosen and stripped, as sentences
 */
public record StateDict(Map<String, TensorEntry> entries, List<String> notices) {

    /** Keys below which training programs keep their weights. */
    public static final List<String> ROOTS = List.of("state_dict", "model", "ema", "net", "params");

    /** What wrappers of PyTorch put before every name: data parallelism and compilation. */
    private static final List<String> WRAPPERS = List.of("module.", "_orig_mod.");

    /** Takes unmodifiable copies. */
    public StateDict {
        entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        notices = List.copyOf(notices);
    }

    /**
     * Picks the weights of a file.
     *
     * @param file the open file, which must outlive the result
     * @param key path of the container to take, such as {@code ema}; empty: the tensors at the top,
     *     else those below the one of {@link #ROOTS} that has any
     * @return the weights
     * @throws FormatException if there are none there, or several roots to choose from
     */
    public static StateDict of(TensorFile file, Optional<String> key) {
        Map<String, TensorEntry> all = file.entries();
        List<String> notices = new ArrayList<>();
        Map<String, TensorEntry> chosen;
        if (key.isPresent()) {
            chosen = below(all, key.orElseThrow());
            if (chosen.isEmpty()) {
                throw new FormatException(
                        file.path(),
                        "no tensors below '" + key.orElseThrow() + "'",
                        "one of " + containers(all));
            }
        } else {
            chosen = usual(file, all, notices);
        }
        return new StateDict(withoutPrefix(chosen, notices), notices);
    }

    private static Map<String, TensorEntry> usual(
            TensorFile file, Map<String, TensorEntry> all, List<String> notices) {
        if (!(file instanceof TorchFile)) { // others have no containers, a '/' is part of a name
            return all;
        }
        Map<String, TensorEntry> top = direct(all);
        if (!top.isEmpty()) {
            if (top.size() < all.size()) {
                notices.add("took the tensors at the top, not those below " + containers(all));
            }
            return top;
        }
        List<String> roots =
                ROOTS.stream().filter(root -> !direct(below(all, root)).isEmpty()).toList();
        if (roots.size() != 1) {
            throw new FormatException(
                    file.path(),
                    roots.isEmpty()
                            ? "no weights at the top or below one of " + ROOTS
                            : "weights below each of " + roots,
                    "a choice: give --key, one of " + containers(all));
        }
        notices.add("took the tensors below '" + roots.getFirst() + "'");
        return direct(below(all, roots.getFirst()));
    }

    private static Map<String, TensorEntry> withoutPrefix(
            Map<String, TensorEntry> entries, List<String> notices) {
        int length = 0;
        for (Optional<String> next = wrapper(entries.keySet(), 0);
                next.isPresent();
                next = wrapper(entries.keySet(), length)) { // one wrapper may hold the other
            String notice = "stripped the prefix '" + next.orElseThrow() + "'";
            if (!notices.contains(notice)) {
                notices.add(notice);
            }
            length += next.orElseThrow().length();
        }
        if (length == 0) {
            return entries;
        }
        Map<String, TensorEntry> bare = new LinkedHashMap<>();
        for (var entry : entries.entrySet()) {
            bare.put(entry.getKey().substring(length), entry.getValue());
        }
        return bare;
    }

    /** The wrapper whose prefix all names have from a character on. */
    private static Optional<String> wrapper(Set<String> names, int from) {
        return WRAPPERS.stream()
                .filter(prefix ->
                        !names.isEmpty()
                                && names.stream().allMatch(name -> name.startsWith(prefix, from)))
                .findFirst();
    }

    private static Map<String, TensorEntry> below(Map<String, TensorEntry> all, String key) {
        Map<String, TensorEntry> found = new LinkedHashMap<>();
        all.forEach((name, entry) -> {
            if (name.startsWith(key + "/")) {
                found.put(name.substring(key.length() + 1), entry);
            }
        });
        return found;
    }

    private static Map<String, TensorEntry> direct(Map<String, TensorEntry> all) {
        Map<String, TensorEntry> found = new LinkedHashMap<>(all);
        found.keySet().removeIf(name -> name.contains("/"));
        return found;
    }

    /** Up to a handful of containers that hold tensors. */
    private static List<String> containers(Map<String, TensorEntry> all) {
        return all.keySet().stream()
                .filter(name -> name.contains("/"))
                .map(name -> name.substring(0, name.lastIndexOf('/')))
                .distinct()
                .limit(8)
                .toList();
    }
}
