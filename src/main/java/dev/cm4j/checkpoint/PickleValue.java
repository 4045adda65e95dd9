package dev.cm4j.checkpoint;

import java.util.List;
import java.util.Map;

/**
 * A value a pickle may hold. Containers compare by identity, plain values by content.
 *
 * <p>A file chooses the keys of its dicts, and must not choose how long a look-up takes: numbers
 * have salted hashes, and texts an order, by which a hash map finds those of one hash.
 */
sealed interface PickleValue {

    /** Python's None. */
    enum None implements PickleValue {
        NONE
    }

    record Text(String value) implements PickleValue, Comparable<Text> {

        @Override
        public int compareTo(Text other) {
            return value.compareTo(other.value);
        }
    }

    record Whole(long value) implements PickleValue {

        @Override
        public int hashCode() {
            return SaltedHash.of(value);
        }
    }

    record Real(double value) implements PickleValue {

        @Override
        public int hashCode() {
            return SaltedHash.of(Double.doubleToLongBits(value));
        }
    }

    record Truth(boolean value) implements PickleValue {}

    /** Something legal that no tensor depends on, such as a device, a set or bytes. */
    final class Opaque implements PickleValue {
        static final Opaque OPAQUE = new Opaque();

        private Opaque() {}
    }

    /** A tuple, which cannot change and knows how deep it is. */
    final class Tuple implements PickleValue {
        private final List<PickleValue> items;
        private final int depth;

        Tuple(List<PickleValue> items) {
            this.items = List.copyOf(items);
            int deepest = 0;
            for (PickleValue item : this.items) {
                deepest = Math.max(deepest, item instanceof Tuple tuple ? tuple.depth : 0);
            }
            this.depth = deepest + 1;
        }

        List<PickleValue> items() {
            return items;
        }

        int depth() {
            return depth;
        }
    }

    /** A list, which may change. */
    final class Sequence implements PickleValue {
        private final List<PickleValue> items;

        Sequence(List<PickleValue> items) {
            this.items = items;
        }

        List<PickleValue> items() {
            return items;
        }
    }

    /** A dict or OrderedDict, which may change. */
    final class Dict implements PickleValue {
        private final Map<PickleValue, PickleValue> items;
        private final boolean ordered;

        Dict(Map<PickleValue, PickleValue> items, boolean ordered) {
            this.items = items;
            this.ordered = ordered;
        }

        Map<PickleValue, PickleValue> items() {
            return items;
        }

        /** An OrderedDict or Counter, which may carry attributes. */
        boolean ordered() {
            return ordered;
        }
    }

    /** One of the names a pickle may use. */
    record Global(PickleGlobal which, String name) implements PickleValue {}

    /** A storage or a view of one, of numel elements from an offset on. */
    record Storage(TorchStorage base, long offset, long numel) implements PickleValue {}

    /** A tensor: sizes and strides over a storage. */
    record View(TorchView tensor) implements PickleValue {}
}
