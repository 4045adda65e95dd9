package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.convert.WeightLayout.Foreign;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A state dict of a known layout as cm4j has it: OpenAI's names in state dict order, convolutions
 * of rank 4, rows of qkv three-head. Networks that are no ADM U-Net keep their own names, and rows
 * of qkv in the order of {@link dev.cm4j.nn.NetworkKind#qkvOrder}.
 *
 * @param entries the weights; reordered rows are made anew each time they are asked for
 * @param network what they belong to
 * @param notices what was assumed and changed, as sentences
 */
record CanonicalWeights(
        Map<String, TensorEntry> entries, UNetConfig network, List<String> notices) {

    private static final String QKV = ".qkv.weight";

    /**
     * Brings weights into the canonical form.
     *
     * @throws FormatException if they are of no known network, or the options do not fit them
     */
    static CanonicalWeights of(Path file, Map<String, TensorEntry> found, SourceOptions options) {
        WeightLayout layout = options.from().orElse(WeightLayout.OPENAI);
        refuseForeign(file, found, layout);
        return switch (layout) {
            case CLONEOFSIMO -> seed(file, found, options);
            case EDM2 -> Edm2Names.read(file, found, options);
            case EDM, ECT -> edm(file, found, options);
            case OPENAI, GUIDED_DIFFUSION -> openAi(file, found, options, layout);
        };
    }

    private static void refuseForeign(
            Path file, Map<String, TensorEntry> found, WeightLayout layout) {
        Optional<Foreign> foreign = WeightLayout.foreign(found.keySet());
        boolean asked =
                switch (layout) {
                    case EDM, ECT ->
                            foreign.equals(Optional.of(Foreign.EDM))
                                    || foreign.equals(Optional.of(Foreign.SONG));
                    case CLONEOFSIMO -> foreign.equals(Optional.of(Foreign.CLONEOFSIMO));
                    case EDM2 -> foreign.equals(Optional.of(Foreign.EDM2));
                    case OPENAI, GUIDED_DIFFUSION -> foreign.isEmpty();
                };
        if (!asked && foreign.isPresent()) {
            Foreign other = foreign.orElseThrow();
            throw new FormatException(file, "this is " + other.what(), other.advice());
        }
        if (!asked) {
            boolean ours = found.containsKey("input_blocks.0.0.weight");
            throw new FormatException(
                    file,
                    "no weights of --from " + layout.key(),
                    ours ? "no --from: the names are OpenAI's" : "the layout that the names have");
        }
    }

    private static CanonicalWeights seed(
            Path file, Map<String, TensorEntry> found, SourceOptions options) {
        UNetConfig plain = SeedLayout.network(file, found);
        List<String> notices = new ArrayList<>();
        int size = options.hints().imageSize().orElse(plain.imageSize());
        if (options.hints().imageSize().isEmpty()) {
            notices.add(
                    "the shapes do not say the size of the pictures: %d pixels assumed, as published; --image-size says otherwise"
                            .formatted(size));
        }
        try {
            UNetConfig network = plain.toBuilder().imageSize(size).build();
            return new CanonicalWeights(
                    reordered(found, network, QkvOrder.THREE_HEAD).entries, network, notices);
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, e.getMessage(), "another --image-size", e);
        }
    }

    private static CanonicalWeights edm(
            Path file, Map<String, TensorEntry> found, SourceOptions options) {
        if (WeightLayout.foreign(found.keySet()).equals(Optional.of(Foreign.SONG))) {
            SongWeights song = SongWeights.of(file, found, options);
            return new CanonicalWeights(
                    reordered(song.entries(), song.network(), song.network().qkvOrder()).entries,
                    song.network(),
                    song.notices());
        }
        EdmNames.Renamed renamed = EdmNames.rename(file, found);
        List<String> notices = new ArrayList<>(renamed.notices());
        ArchitectureHints hints =
                options.hints().imageSize().isPresent()
                        ? options.hints()
                        : options.hints().withImageSize(renamed.imageSize());
        QkvOrder order = options.qkvOrder().orElse(QkvOrder.HEAD_DIM_THREE);
        return ordered(file, renamed.entries(), hints, order, notices);
    }

    private static CanonicalWeights openAi(
            Path file, Map<String, TensorEntry> found, SourceOptions options, WeightLayout layout) {
        List<String> notices = new ArrayList<>();
        boolean oneDimensional =
                found.entrySet().stream()
                        .anyMatch(
                                e -> e.getKey().endsWith(QKV) && e.getValue().shape().length == 3);
        QkvOrder order = QkvOrder.THREE_HEAD;
        if (options.qkvOrder().isPresent()) {
            order = options.qkvOrder().get();
        } else if (layout == WeightLayout.GUIDED_DIFFUSION) {
            order = QkvOrder.HEAD_THREE;
            notices.add(
                    "rows of qkv taken as head-three, the order of all published"
                            + " guided-diffusion checkpoints; --qkv-order says otherwise");
        } else if (oneDimensional) {
            throw new FormatException(
                    file,
                    "attention as in guided-diffusion, whose rows of qkv have one of two orders",
                    "--from guided-diffusion for its published checkpoints, or --qkv-order"
                            + " three-head or head-three");
        }
        if (layout == WeightLayout.GUIDED_DIFFUSION) {
            notices.add(
                    "guided-diffusion trains on steps of noise and not on levels: weights are"
                            + " converted, sampling as a consistency model needs further training");
        }
        return ordered(file, squared(found), options.hints(), order, notices);
    }

    /** Attention's weights with all four sizes; one-dimensional ones lack the last. */
    private static Map<String, TensorEntry> squared(Map<String, TensorEntry> found) {
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        found.forEach((name, entry) -> {
            long[] shape = entry.shape();
            boolean attention = name.endsWith(QKV) || name.endsWith(".proj_out.weight");
            boolean lacks = shape.length == 2 || (shape.length == 3 && shape[2] == 1);
            entries.put(
                    name,
                    attention && lacks
                            ? new TensorEntry(
                                    name,
                                    entry.dtype(),
                                    new long[] {shape[0], shape[1], 1, 1},
                                    entry.data())
                            : entry);
        });
        return entries;
    }

    private static CanonicalWeights ordered(
            Path file,
            Map<String, TensorEntry> entries,
            ArchitectureHints hints,
            QkvOrder order,
            List<String> notices) {
        ArchitectureInference.Inferred found =
                ArchitectureInference.infer(file, LayoutDifference.shapes(entries), hints);
        notices.addAll(found.assumptions());
        UNetConfig network = found.network();
        Map<String, Integer> heads = AttentionHeads.of(network);
        QkvEvidence.against(entries, heads, order).ifPresent(notices::add);
        if (order != QkvOrder.THREE_HEAD) {
            notices.add(
                    "rows of %d attentions put from %s into three-head order"
                            .formatted(heads.size(), order.key()));
        }
        CanonicalWeights weights = reordered(entries, network, order);
        return new CanonicalWeights(weights.entries, weights.network, List.copyOf(notices));
    }

    /**
     * The weights of a network in state dict order, the rows of qkv as its kind keeps them.
     *
     * @param entries every weight of the network and nothing else
     * @param order the order their rows have
     */
    static CanonicalWeights reordered(
            Map<String, TensorEntry> entries, UNetConfig network, QkvOrder order) {
        QkvOrder own = network.kind().qkvOrder();
        Map<String, Integer> heads = AttentionHeads.of(network);
        Map<String, Supplier<TensorEntry>> makers = new LinkedHashMap<>();
        for (String name : OpenAiLayout.of(network).keySet()) {
            TensorEntry entry = entries.get(name);
            TensorEntry named = new TensorEntry(name, entry.dtype(), entry.shape(), entry.data());
            if (name.contains(".qkv.") && order != own) {
                int count = heads.get(name.substring(0, name.indexOf(".qkv.")));
                makers.put(name, () -> QkvRows.reorder(named, count, order, own));
            } else {
                makers.put(name, () -> named);
            }
        }
        return new CanonicalWeights(new LazyEntries(makers), network.withQkvOrder(own), List.of());
    }
}
