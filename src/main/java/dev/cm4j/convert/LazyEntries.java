package dev.cm4j.convert;

import dev.cm4j.checkpoint.TensorEntry;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** An unmodifiable map that makes a tensor anew each time it is asked for, and keeps none. */
final class LazyEntries extends AbstractMap<String, TensorEntry> {

    private final Map<String, Supplier<TensorEntry>> makers;
    private final Map<String, List<TensorEntry>> parted;

    LazyEntries(Map<String, Supplier<TensorEntry>> makers) {
        this(makers, Map.of());
    }

    /** With the rows of those that are put together, as they are there already. */
    LazyEntries(Map<String, Supplier<TensorEntry>> makers, Map<String, List<TensorEntry>> parted) {
        this.makers = new LinkedHashMap<>(makers);
        this.parted = Map.copyOf(parted);
    }

    /** A tensor of a map, in the pieces it is there in. */
    static List<TensorEntry> pieces(Map<String, TensorEntry> entries, String name) {
        return entries instanceof LazyEntries lazy && lazy.parted.containsKey(name)
                ? lazy.parted.get(name)
                : List.of(entries.get(name));
    }

    @Override
    public boolean containsKey(Object name) {
        return makers.containsKey(name);
    }

    @Override
    public TensorEntry get(Object name) {
        Supplier<TensorEntry> maker = makers.get(name);
        return maker == null ? null : maker.get();
    }

    @Override
    public Set<String> keySet() {
        return Collections.unmodifiableSet(makers.keySet());
    }

    @Override
    public Set<Entry<String, TensorEntry>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Entry<String, TensorEntry>> iterator() {
                var names = keySet().iterator();
                return new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        return names.hasNext();
                    }

                    @Override
                    public Entry<String, TensorEntry> next() {
                        return new LazyEntry(names.next());
                    }
                };
            }

            @Override
            public int size() {
                return makers.size();
            }
        };
    }

    /** A name and, on demand, its tensor. */
    private final class LazyEntry implements Entry<String, TensorEntry> {

        private final String name;

        LazyEntry(String name) {
            this.name = name;
        }

        @Override
        public String getKey() {
            return name;
        }

        @Override
        public TensorEntry getValue() {
            return get(name);
        }

        @Override
        public TensorEntry setValue(TensorEntry value) {
            throw new UnsupportedOperationException("these entries cannot be changed");
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Entry<?, ?> entry
                    && name.equals(entry.getKey())
                    && getValue().equals(entry.getValue());
        }

        @Override
        public int hashCode() {
            return name.hashCode() ^ getValue().hashCode();
        }
    }
}
