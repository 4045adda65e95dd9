package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.nn.UNetConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Heads and picture size, which the shapes of weights leave open.
 *
 * <p>In this order: what the caller says; what the known network of the same shapes has; heads of
 * 64 channels, as in all published networks, and the size at which the first attention works on 32
 * pixels, as it does there.
 */
final class UnseenChoices {

    private static final int PUBLISHED_HEAD = 64;
    private static final int PUBLISHED_ATTENTION = 32;
    private static final Map<List<Integer>, Integer> PUBLISHED_SIZES =
            Map.of(
                    List.of(1, 2, 3, 4), 64,
                    List.of(1, 1, 2, 3, 4), 128,
                    List.of(1, 1, 2, 2, 4, 4), 256);

    private final Path file;
    private final ArchitectureHints hints;
    private final List<String> assumptions;

    UnseenChoices(Path file, ArchitectureHints hints, List<String> assumptions) {
        this.file = file;
        this.hints = hints;
        this.assumptions = assumptions;
    }

    /** The network with its heads and size; what is assumed is added to the list. */
    UNetConfig complete(UNetConfig plain) {
        Optional<Map.Entry<String, UNetConfig>> known = known(plain);
        UNetConfig headed = withHeads(plain, known);
        List<Integer> rates = plain.attentionDownsample();
        int size = size(headed, known);
        return headed.toBuilder()
                .imageSize(size)
                .attentionResolutions(List.of())
                .build()
                .withAttentionDownsample(rates);
    }

    private int size(UNetConfig plain, Optional<Map.Entry<String, UNetConfig>> known) {
        if (hints.imageSize().isPresent()) {
            return hints.imageSize().getAsInt();
        }
        if (known.isPresent()) {
            int size = known.get().getValue().imageSize();
            assumptions.add(
                    "the shapes are those of %s, so the pictures are taken to have %d pixels; --image-size says otherwise"
                            .formatted(known.get().getKey(), size));
            return size;
        }
        List<Integer> rates = plain.attentionDownsample();
        Optional<Integer> published = Optional.ofNullable(PUBLISHED_SIZES.get(plain.channelMult()));
        int finest = rates.stream().mapToInt(Integer::intValue).min().orElse(1);
        int size = published.orElse(PUBLISHED_ATTENTION * finest);
        int unit = plain.patch() << (plain.levels() - 1);
        int whole = Math.max(size, unit);
        assumptions.add(
                "the shapes do not say the size of the pictures: %d pixels assumed, as %s; --image-size says otherwise"
                        .formatted(
                                whole,
                                published.isPresent()
                                        ? "published networks of these widths have"
                                        : rates.isEmpty()
                                                ? "the smaller data sets have"
                                                : "attention then starts at 32"));
        return whole;
    }

    private UNetConfig withHeads(UNetConfig plain, Optional<Map.Entry<String, UNetConfig>> known) {
        if (hints.heads().isPresent()) {
            return plain.toBuilder()
                    .heads(hints.heads().getAsInt())
                    .headsUpsample(hints.headsUpsample().orElse(-1))
                    .headChannels(-1)
                    .build();
        }
        if (hints.headChannels().isPresent()) {
            return plain.toBuilder().headChannels(hints.headChannels().getAsInt()).build();
        }
        int width = known.map(k -> k.getValue().headChannels()).orElse(PUBLISHED_HEAD);
        Map<String, Integer> blocks = AttentionHeads.of(plain); // heads 1: not yet known
        for (int level = 0; level < plain.levels(); level++) {
            boolean attends =
                    level == plain.levels() - 1 || plain.attentionDownsample().contains(1 << level);
            int channels = plain.channelMult().get(level) * plain.modelChannels();
            if (attends && channels % width != 0) {
                throw new FormatException(
                        file,
                        "attention of %d channels, which heads of %d do not divide"
                                .formatted(channels, width),
                        "--head-channels or --heads, which shapes do not say");
            }
        }
        assumptions.add(
                "the shapes do not say the heads of the %d attentions: %d channels a head assumed, as %s; --head-channels or --heads says otherwise"
                        .formatted(
                                blocks.size(),
                                width,
                                known.map(k -> k.getKey() + " has")
                                        .orElse("in all published networks")));
        return plain.toBuilder().headChannels(width).build();
    }

    /** The known network that has exactly these shapes. */
    private static Optional<Map.Entry<String, UNetConfig>> known(UNetConfig plain) {
        Map<String, UNetConfig> networks = new LinkedHashMap<>();
        networks.put("imagenet64", UNetConfig.imagenet64());
        networks.put("imagenet64 without classes", UNetConfig.imagenet64().withClasses(0));
        networks.put("bedroom256", UNetConfig.bedroom256());
        networks.put("test32", UNetConfig.test32());
        networks.put("mnist32", UNetConfig.mnist32());
        networks.put("mnist32 without classes", UNetConfig.mnist32().withClasses(0));
        networks.put("mnist32-tiny", UNetConfig.mnist32Tiny());
        networks.put("mnist32-tiny without classes", UNetConfig.mnist32Tiny().withClasses(0));
        networks.put("cifar10", UNetConfig.cifar10());
        networks.put("cifar10 with classes", UNetConfig.cifar10().withClasses(10));
        networks.put("cifar10-small", UNetConfig.cifar10Small());
        return networks.entrySet().stream().filter(e -> same(plain, e.getValue())).findFirst();
    }

    private static boolean same(UNetConfig a, UNetConfig b) {
        return LayoutDifference.between(OpenAiLayout.of(a), OpenAiLayout.of(b)).isEmpty();
    }
}
