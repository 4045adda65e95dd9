package dev.cm4j.convert;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.convert.NamePair.Operation;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The parameters of a network under the original's names and under those of diffusers.
 *
 * <p>Diffusers keeps queries, keys and values apart, which the original has in one convolution, and
 * the 1×1 convolutions of an attention as matrices. Everything else is a change of name. On the way
 * to diffusers tensors are views of the memory they come from; on the way back only qkv is copied,
 * each time it is asked for.
 *
 * <p>Source: huggingface/diffusers, {@code scripts/convert_consistency_to_diffusers.py}.
 */
public final class DiffusersNames {

    private final Map<String, long[]> openAiShapes;
    private final Map<String, long[]> diffusersShapes = new LinkedHashMap<>();
    private final List<NamePair> pairs = new ArrayList<>();

    private DiffusersNames(UNetConfig config) {
        openAiShapes = OpenAiLayout.of(config);
        Map<String, String> modules = DiffusersModules.of(config);
        openAiShapes.forEach(
                (name, shape) -> add(name, shape, DiffusersModules.name(name, modules)));
        for (NamePair pair : pairs) {
            diffusersShapes.put(pair.diffusers(), pair.diffusersShape());
        }
    }

    /**
     * The names of one network.
     *
     * @param config any number of levels and blocks, attention anywhere
     * @return its names
     * @throws IllegalArgumentException if diffusers has no such network; {@link
     *     DiffusersUNetConfig#requireExpressible}
     */
    public static DiffusersNames of(UNetConfig config) {
        DiffusersUNetConfig.requireExpressible(config);
        return new DiffusersNames(config);
    }

    private void add(String name, long[] shape, String translated) {
        if (name.contains(".qkv.")) {
            long[] rows = {shape[0] / 3};
            long[] third = shape.length == 1 ? rows : new long[] {rows[0], shape[1]};
            for (Operation part : List.of(Operation.QUERY, Operation.KEY, Operation.VALUE)) {
                String letter = part.words().substring(part.words().length() - 1);
                String own = translated.replace(".qkv.", ".to_" + letter + ".");
                pairs.add(new NamePair(name, shape, own, third, part));
            }
        } else if (name.endsWith(".proj_out.weight")) {
            long[] matrix = {shape[0], shape[1]};
            pairs.add(new NamePair(name, shape, translated, matrix, Operation.SQUEEZE));
        } else {
            pairs.add(new NamePair(name, shape, translated, shape, Operation.COPY));
        }
    }

    /** All pairs, in the order of the original's state dict. */
    public List<NamePair> pairs() {
        return List.copyOf(pairs);
    }

    /** The original's names with their shapes. */
    public Map<String, long[]> openAiShapes() {
        return openAiShapes;
    }

    /** The names of diffusers with their shapes. */
    public Map<String, long[]> diffusersShapes() {
        return Collections.unmodifiableMap(diffusersShapes);
    }

    /**
     * The same weights as diffusers has them; views, no copies.
     *
     * @param openAi all parameters under the original's names, qkv in the order of {@link
     *     QkvOrder#THREE_HEAD}; the convolutions of attentions may have lost their last sizes of 1
     * @return all parameters under the names of diffusers; lives as long as what it views
     * @throws IllegalArgumentException listing what is missing, unknown or of another shape
     */
    public Map<String, TensorEntry> toDiffusers(Map<String, TensorEntry> openAi) {
        requireAll(openAi, openAiShapes, "the original's network");
        Map<String, Supplier<TensorEntry>> makers = new LinkedHashMap<>();
        for (NamePair pair : pairs) {
            makers.put(pair.diffusers(), () -> part(pair, openAi.get(pair.openAi())));
        }
        return new LazyEntries(makers);
    }

    private static TensorEntry part(NamePair pair, TensorEntry whole) {
        int third = pair.operation().third();
        long bytes = whole.data().byteSize() / 3;
        return new TensorEntry(
                pair.diffusers(),
                whole.dtype(),
                pair.diffusersShape(),
                third < 0 ? whole.data() : whole.data().asSlice(third * bytes, bytes));
    }

    /**
     * The same weights as the original has them.
     *
     * @param diffusers all parameters under the names of diffusers
     * @return all parameters under the original's names, in its order; qkv is put together anew
     *     each time it is asked for, everything else views what it comes from
     * @throws IllegalArgumentException listing what is missing, unknown or of another shape, or
     *     where query, key and value differ in type
     */
    public Map<String, TensorEntry> toOpenAi(Map<String, TensorEntry> diffusers) {
        requireAll(diffusers, diffusersShapes, "the network of diffusers");
        Map<String, List<NamePair>> parts = new LinkedHashMap<>();
        for (NamePair pair : pairs) {
            parts.computeIfAbsent(pair.openAi(), _ -> new ArrayList<>()).add(pair);
        }
        Map<String, Supplier<TensorEntry>> makers = new LinkedHashMap<>();
        Map<String, List<TensorEntry>> parted = new LinkedHashMap<>();
        parts.forEach((name, from) -> {
            requireOneType(from, diffusers);
            makers.put(name, () -> whole(from, diffusers));
            if (from.size() > 1) {
                parted.put(
                        name, from.stream().map(pair -> diffusers.get(pair.diffusers())).toList());
            }
        });
        return new LazyEntries(makers, parted);
    }

    private static TensorEntry whole(List<NamePair> from, Map<String, TensorEntry> diffusers) {
        NamePair first = from.getFirst();
        TensorEntry entry = diffusers.get(first.diffusers());
        MemorySegment data = entry.data();
        if (from.size() > 1) {
            long bytes = data.byteSize();
            data = MemorySegment.ofArray(new byte[Math.toIntExact(from.size() * bytes)]);
            for (int i = 0; i < from.size(); i++) {
                data.asSlice(i * bytes, bytes)
                        .copyFrom(diffusers.get(from.get(i).diffusers()).data());
            }
        }
        return new TensorEntry(first.openAi(), entry.dtype(), first.openAiShape(), data);
    }

    private static void requireOneType(List<NamePair> from, Map<String, TensorEntry> diffusers) {
        List<DType> types =
                from.stream().map(pair -> diffusers.get(pair.diffusers()).dtype()).toList();
        if (types.stream().distinct().count() > 1) {
            throw new IllegalArgumentException(
                    "%s would be put together of elements of types %s"
                            .formatted(from.getFirst().openAi(), types));
        }
    }

    private static void requireAll(
            Map<String, TensorEntry> tensors, Map<String, long[]> expected, String network) {
        LayoutDifference difference =
                LayoutDifference.between(
                        LayoutDifference.shapes(tensors), expected, DiffusersNames::fits);
        if (!difference.isEmpty()) {
            throw new IllegalArgumentException(
                    "the tensors are not those of " + network + ": " + difference);
        }
    }

    /** Whether a shape is the expected one, or that of a 1×1 convolution without its last ones. */
    private static boolean fits(String name, long[] expected, long[] actual) {
        if (Arrays.equals(expected, actual)) {
            return true;
        }
        boolean attention = name.endsWith(".qkv.weight") || name.endsWith(".proj_out.weight");
        return attention
                && actual.length >= 2
                && actual.length < expected.length
                && Arrays.equals(Arrays.copyOf(expected, actual.length), actual);
    }
}
