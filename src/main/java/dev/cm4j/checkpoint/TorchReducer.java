package dev.cm4j.checkpoint;

import dev.cm4j.checkpoint.PickleValue.Dict;
import dev.cm4j.checkpoint.PickleValue.Global;
import dev.cm4j.checkpoint.PickleValue.None;
import dev.cm4j.checkpoint.PickleValue.Opaque;
import dev.cm4j.checkpoint.PickleValue.Sequence;
import dev.cm4j.checkpoint.PickleValue.Storage;
import dev.cm4j.checkpoint.PickleValue.Text;
import dev.cm4j.checkpoint.PickleValue.Truth;
import dev.cm4j.checkpoint.PickleValue.Tuple;
import dev.cm4j.checkpoint.PickleValue.View;
import dev.cm4j.checkpoint.PickleValue.Whole;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the allowed names of a checkpoint make of their arguments: storages, tensors, containers.
 */
final class TorchReducer {

    private static final int MAX_TENSORS = 1_000_000;

    private final PickleBytes in;
    private final Map<String, TorchStorage> storages = new LinkedHashMap<>();
    private int tensors;
    private long copied;

    TorchReducer(PickleBytes in) {
        this.in = in;
    }

    /** The storages named so far, by key. */
    Map<String, TorchStorage> storages() {
        return storages;
    }

    /** The storage of a persistent id: ('storage', type, key, location, numel[, view]). */
    PickleValue persistent(PickleValue id) {
        List<PickleValue> items = id instanceof Tuple tuple ? tuple.items() : List.of();
        if (!items.isEmpty() && items.getFirst().equals(new Text("module"))) {
            throw in.pickledProgram("a module with its source code");
        }
        if (items.size() < 5
                || items.size() > 6
                || !items.getFirst().equals(new Text("storage"))
                || !(items.get(1) instanceof Global type)
                || !(items.get(2) instanceof Text key)
                || !(items.get(4) instanceof Whole numel)) {
            throw in.bad("a persistent id of another form", "('storage', type, key, place, count)");
        }
        Optional<TorchElement> element = element(type);
        if (numel.value() < 0 || numel.value() > TensorEntry.MAX_ELEMENTS) {
            throw in.bad("a storage of " + numel.value() + " elements", "at most 2^48");
        }
        TorchStorage known = storages.get(key.value());
        if (known == null) {
            known = new TorchStorage(key.value(), element, numel.value());
            storages.put(key.value(), known);
        } else if (!known.matches(element, numel.value())) {
            throw in.bad(
                    "storage " + TensorName.shown(key.value()) + " with two types or lengths",
                    "one type and length");
        }
        PickleValue view = items.size() == 6 ? items.get(5) : None.NONE;
        return view == None.NONE
                ? new Storage(known, 0, numel.value())
                : viewOf(known, numel.value(), view);
    }

    /** Legacy storages may be parts of others: (view key, offset, size). */
    private Storage viewOf(TorchStorage base, long numel, PickleValue view) {
        if (!(view instanceof Tuple tuple
                && tuple.items().size() == 3
                && tuple.items().get(1) instanceof Whole offset
                && tuple.items().get(2) instanceof Whole size
                && offset.value() >= 0
                && size.value() >= 0
                && offset.value() <= numel
                && size.value() <= numel - offset.value())) {
            throw in.bad(
                    "a part outside its storage of " + numel + " elements", "(key, offset, size)");
        }
        return new Storage(base, offset.value(), size.value());
    }

    private Optional<TorchElement> element(Global type) {
        return switch (type.which()) {
            case STORAGE -> TorchElement.ofStorage(type.name().substring("torch.".length()));
            case UNTYPED_STORAGE -> Optional.empty();
            default -> throw in.bad("a storage of type " + type.name(), "a torch storage");
        };
    }

    /** The result of REDUCE. */
    PickleValue call(PickleValue callable, PickleValue arguments) {
        if (!(callable instanceof Global global && arguments instanceof Tuple tuple)) {
            throw in.bad("a call of something that is no name", "an allowed name");
        }
        List<PickleValue> args = tuple.items();
        return switch (global.which()) {
            case ORDERED_DICT, COUNTER -> dict(args);
            case SIZE -> args.size() == 1 ? args.getFirst() : new Tuple(args);
            case SET, BYTEARRAY, COMPLEX, ENCODE, DEVICE -> Opaque.OPAQUE;
            case REBUILD_TENSOR -> tensor(args, 4, Optional.empty());
            case REBUILD_TENSOR_V2 -> {
                refuseFlags(args, 6);
                yield tensor(args, 6, Optional.empty());
            }
            case REBUILD_TENSOR_V3 -> {
                refuseFlags(args, 7);
                yield tensor(args, 7, Optional.of(dtype(args)));
            }
            case PARAMETER, REBUILD_PARAMETER, REBUILD_PARAMETER_WITH_STATE -> {
                if (args.isEmpty() || !(args.getFirst() instanceof View view)) {
                    throw in.bad("a parameter without its tensor", "a tensor");
                }
                yield view;
            }
            case DTYPE, STORAGE, UNTYPED_STORAGE, TYPED_STORAGE ->
                    throw in.bad("a call of " + global.name(), "a state dict");
        };
    }

    /** The result of NEWOBJ: containers only. */
    PickleValue create(PickleValue type, PickleValue arguments) {
        if (type instanceof Global global
                && (global.which() == PickleGlobal.ORDERED_DICT
                        || global.which() == PickleGlobal.COUNTER
                        || global.which() == PickleGlobal.SIZE)) {
            return call(type, arguments);
        }
        throw in.bad("a new object of an unexpected class", "a state dict");
    }

    private Dict dict(List<PickleValue> args) {
        Map<PickleValue, PickleValue> items = new LinkedHashMap<>();
        if (args.size() == 1 && args.getFirst() instanceof Dict other) {
            charge(other.items().size());
            items.putAll(other.items());
        } else if (args.size() == 1) {
            List<PickleValue> pairs = itemsOf(args.getFirst());
            charge(pairs.size());
            for (PickleValue pair : pairs) {
                List<PickleValue> two = itemsOf(pair);
                if (two.size() != 2) {
                    throw in.bad("an OrderedDict of something else than pairs", "pairs");
                }
                put(items, two.getFirst(), two.getLast());
            }
        } else if (!args.isEmpty()) {
            throw in.bad("an OrderedDict of " + args.size() + " arguments", "none or one");
        }
        return new Dict(items, true);
    }

    /** Gives a dict one more item, whose key must be one of Python's that is not there yet. */
    void put(Map<PickleValue, PickleValue> items, PickleValue key, PickleValue value) {
        if (key instanceof Sequence || key instanceof Dict || key instanceof Storage) {
            throw in.bad("a list, dict or storage as a key", "a text or number");
        }
        if (items.put(key, value) != null) {
            String name =
                    key instanceof Text text ? " '" + TensorName.shown(text.value()) + "'" : "";
            throw in.bad("the key" + name + " twice in one dict", "each key once");
        }
    }

    /** Counts what is copied: a few bytes may ask for a large dict again and again. */
    private void charge(int values) {
        copied += values;
        if (copied > Unpickler.MAX_VALUES) {
            throw in.bad(
                    "dicts of other dicts with more than " + Unpickler.MAX_VALUES + " values",
                    "a state dict");
        }
    }

    private List<PickleValue> itemsOf(PickleValue value) {
        return switch (value) {
            case Tuple tuple -> tuple.items();
            case Sequence list -> list.items();
            default -> throw in.bad("an OrderedDict of something else than pairs", "pairs");
        };
    }

    private TorchElement dtype(List<PickleValue> args) {
        if (args.size() > 6
                && args.get(6) instanceof Global global
                && global.which() == PickleGlobal.DTYPE) {
            String name = global.name().substring("torch.".length());
            return TorchElement.ofDtype(name)
                    .orElseThrow(() ->
                            in.bad(
                                    "a tensor of " + global.name(),
                                    "a float, integer, bool or complex type"));
        }
        throw in.bad("a tensor without its type", "a torch dtype");
    }

    /** Metadata may say that a tensor is stored conjugated or negated. */
    private void refuseFlags(List<PickleValue> args, int index) {
        if (args.size() > index && args.get(index) instanceof Dict flags) {
            for (String flag : List.of("conj", "neg")) {
                if (new Truth(true).equals(flags.items().get(new Text(flag)))) {
                    throw in.bad("a tensor with the flag " + flag, "a plain tensor");
                }
            }
        }
    }

    private View tensor(List<PickleValue> args, int least, Optional<TorchElement> dtype) {
        if (args.size() < least
                || !(args.getFirst() instanceof Storage storage)
                || !(args.get(1) instanceof Whole offset)) {
            throw in.bad("a tensor of other arguments", "storage, offset, size, stride");
        }
        if (++tensors > MAX_TENSORS) {
            throw in.bad("more than " + MAX_TENSORS + " tensors", "fewer");
        }
        TorchStorage base = storage.base();
        TorchElement element =
                dtype.or(base::element)
                        .orElseThrow(() -> in.bad("an untyped tensor", "a tensor with a type"));
        if (!base.settle(element)) {
            throw in.bad(
                    "storage " + TensorName.shown(base.key()) + " read as two types", "one type");
        }
        long numel = base.typed() ? storage.numel() : storage.numel() / element.bytes();
        long[] shape = sizes(args.get(2));
        long[] strides = sizes(args.get(3));
        Optional<String> problem = TorchView.problem(offset.value(), shape, strides, numel);
        if (problem.isPresent()) {
            throw in.bad(problem.orElseThrow(), "a tensor inside its storage");
        }
        if (shape.length + element.parts() - 1 > TensorEntry.MAX_RANK) {
            throw in.bad("a tensor of rank " + shape.length, "at most " + TensorEntry.MAX_RANK);
        }
        return new View(
                new TorchView(base, element, storage.offset() + offset.value(), shape, strides));
    }

    private long[] sizes(PickleValue value) {
        if (!(value instanceof Tuple || value instanceof Sequence)) {
            throw in.bad("a size that is no tuple", "a tuple of integers");
        }
        return itemsOf(value).stream()
                .mapToLong(item -> {
                    if (item instanceof Whole whole) {
                        return whole.value();
                    }
                    throw in.bad("a size that is no integer", "a tuple of integers");
                })
                .toArray();
    }
}
