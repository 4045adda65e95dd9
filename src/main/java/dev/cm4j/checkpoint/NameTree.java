package dev.cm4j.checkpoint;

import dev.cm4j.checkpoint.PickleValue.Dict;
import dev.cm4j.checkpoint.PickleValue.Sequence;
import dev.cm4j.checkpoint.PickleValue.Text;
import dev.cm4j.checkpoint.PickleValue.Tuple;
import dev.cm4j.checkpoint.PickleValue.View;
import dev.cm4j.checkpoint.PickleValue.Whole;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Walks nested containers and names the tensors in them: keys joined with '/', list positions as
 * numbers. Other values are passed over.
 */
final class NameTree {

    /** Name of a tensor that is the whole content of a file. */
    static final String ALONE = "tensor";

    private static final int MAX_DEPTH = 256;
    private static final int MAX_VISITS = 4_000_000;
    private static final long MAX_NAME_CHARACTERS = 64L << 20;

    private final Path file;
    private final Map<String, TorchView> tensors = new LinkedHashMap<>();
    private final IdentityHashMap<PickleValue, PickleValue> open = new IdentityHashMap<>();
    private int visits;
    private long nameCharacters;

    private NameTree(Path file) {
        this.file = file;
    }

    /** The tensors below a root, in order. */
    static Map<String, TorchView> flatten(Path file, PickleValue root) {
        NameTree tree = new NameTree(file);
        if (root instanceof View view) {
            tree.tensors.put(ALONE, view.tensor());
        } else {
            tree.walk(root, "", 0);
        }
        if (tree.tensors.isEmpty()) {
            throw new FormatException(
                    file,
                    "no tensors in the checkpoint",
                    "a state dict: names with tensors, perhaps inside other containers");
        }
        return tree.tensors;
    }

    private void walk(PickleValue value, String name, int depth) {
        if (++visits > MAX_VISITS) {
            throw bad(name, "more than " + MAX_VISITS + " values");
        }
        switch (value) {
            case View view -> put(name, view.tensor());
            case Dict dict -> {
                enter(dict, name, depth);
                dict.items()
                        .forEach((key, item) ->
                                keyText(key)
                                        .ifPresent(text ->
                                                walk(item, join(name, text, depth), depth + 1)));
                open.remove(dict);
            }
            case Sequence list -> {
                enter(list, name, depth);
                walkAll(list.items(), name, depth);
                open.remove(list);
            }
            case Tuple tuple -> walkAll(tuple.items(), name, depth);
            default -> {}
        }
    }

    private void walkAll(List<PickleValue> items, String name, int depth) {
        if (depth > MAX_DEPTH) {
            throw bad(name, "containers nested more than " + MAX_DEPTH + " deep");
        }
        for (int i = 0; i < items.size(); i++) {
            walk(items.get(i), join(name, Integer.toString(i), depth), depth + 1);
        }
    }

    private void enter(PickleValue container, String name, int depth) {
        if (depth > MAX_DEPTH) {
            throw bad(name, "containers nested more than " + MAX_DEPTH + " deep");
        }
        if (open.put(container, container) != null) {
            throw bad(name, "a container that contains itself");
        }
    }

    private void put(String name, TorchView tensor) {
        TensorName.require(file, name);
        if (tensors.put(name, tensor) != null) {
            throw bad(name, "two tensors of this name");
        }
    }

    private String join(String parent, String key, int depth) {
        nameCharacters += parent.length() + key.length() + 1;
        if (nameCharacters > MAX_NAME_CHARACTERS) {
            throw bad(key, "names of more than " + MAX_NAME_CHARACTERS + " characters in all");
        }
        return depth == 0 ? key : parent + "/" + key;
    }

    private static Optional<String> keyText(PickleValue key) {
        return switch (key) {
            case Text text -> Optional.of(text.value());
            case Whole whole -> Optional.of(Long.toString(whole.value()));
            default -> Optional.empty();
        };
    }

    private FormatException bad(String name, String found) {
        return new FormatException(
                file, "'" + TensorName.shown(name) + "': " + found, "a state dict");
    }
}
