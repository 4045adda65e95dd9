package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells a network of NVlabs/edm2 from the names and shapes of its weights.
 *
 * <pre>
 *   enc.64x64_conv                   size, channels of the pictures
 *   enc.{64, 32, …}x…_block0         levels and their widths, attention beside it
 *   enc.64x64_block{0, 1, …}         blocks of a level
 *   emb_label [E, n]                 n classes
 * </pre>
 *
 * <p>Weights may be those of its {@code Precond}, {@code unet.…}, whose estimate of the uncertainty
 * is left out. At the end the whole layout of the network found is held against the file's.
 */
final class Edm2Names {

    private static final String WRAPPER = "unet.";
    private static final String UNCERTAINTY = "logvar_";
    private static final Pattern FIRST = Pattern.compile("enc\\.([1-9]\\d{0,4})x\\1_conv\\.weight");
    private static final String EXPECTED = "the weights of a network of NVlabs/edm2";
    private static final int PICTURE = 3; // channels; more are a latent's

    private final Path file;
    private final ArchitectureHints hints;
    private final Map<String, TensorEntry> source = new LinkedHashMap<>();
    private final List<String> notices = new ArrayList<>();

    private Edm2Names(Path file, ArchitectureHints hints) {
        this.file = file;
        this.hints = hints;
    }

    /**
     * Finds the network.
     *
     * @param file where the weights are from, for messages
     * @param entries every weight
     * @param options heads, where they are not the published ones; the rest must agree with the
     *     names
     * @return its weights under the names of its {@code UNet}, in the order of its state dict
     * @throws FormatException if they are not the weights of such a network
     */
    static CanonicalWeights read(
            Path file, Map<String, TensorEntry> entries, SourceOptions options) {
        if (options.qkvOrder().filter(order -> order != QkvOrder.HEAD_DIM_THREE).isPresent()) {
            throw new FormatException(
                    file,
                    "rows of q, k and v in order head-dim-three, as all networks of NVlabs/edm2 have",
                    "no --qkv-order " + options.qkvOrder().get().key());
        }
        Edm2Names names = new Edm2Names(file, options.hints());
        names.take(entries);
        UNetConfig network = names.network();
        LayoutDifference difference =
                LayoutDifference.between(
                        LayoutDifference.shapes(names.source), Edm2Layout.of(network));
        if (!difference.isEmpty()) {
            throw new FormatException(
                    file, "not a network of NVlabs/edm2: " + difference, "its weights");
        }
        return new CanonicalWeights(
                CanonicalWeights.reordered(names.source, network, network.qkvOrder()).entries(),
                network,
                List.copyOf(names.notices));
    }

    private void take(Map<String, TensorEntry> entries) {
        boolean wrapped = entries.keySet().stream().anyMatch(name -> name.startsWith(WRAPPER));
        List<String> left = new ArrayList<>();
        entries.forEach((name, entry) -> {
            if (name.startsWith(UNCERTAINTY)) {
                left.add(name);
            } else {
                boolean own = wrapped && name.startsWith(WRAPPER);
                source.put(own ? name.substring(WRAPPER.length()) : name, entry);
            }
        });
        if (!left.isEmpty()) {
            notices.add(
                    "left out %s, which estimate the uncertainty of a training loss and do nothing when sampling"
                            .formatted(String.join(", ", left)));
        }
    }

    private UNetConfig network() {
        String first = first();
        int size = size(first);
        List<Long> widths = new ArrayList<>();
        List<Integer> attention = new ArrayList<>();
        for (int at = size; at > 0 && has(block(at, 0) + ".conv_res0"); at /= 2) {
            widths.add(size(block(at, 0) + ".conv_res0.weight", 4, 0));
            if (has(block(at, 0) + ".attn_qkv")) {
                attention.add(at);
            }
        }
        if (widths.isEmpty() || widths.contains(0L)) {
            throw new FormatException(
                    file,
                    widths.isEmpty()
                            ? "no tensor " + block(size, 0) + ".conv_res0.weight"
                            : "a level without channels",
                    EXPECTED);
        }
        int blocks = 0;
        while (has(block(size, blocks) + ".conv_res0")) {
            blocks++;
        }
        // M is what all widths are multiples of; only the products matter.
        long unit =
                widths.stream()
                        .map(BigInteger::valueOf)
                        .reduce(BigInteger.ZERO, BigInteger::gcd)
                        .longValueExact();
        int channels = channels(first);
        long classes = has("emb_label") ? size("emb_label.weight", 2, 1) : 0;
        try {
            return new UNetBuilder()
                    .kind(NetworkKind.EDM2)
                    .imageSize(size)
                    .inChannels(channels)
                    .outChannels(channels)
                    .modelChannels(Math.toIntExact(unit))
                    .resBlocks(blocks)
                    .channelMult(widths.stream().map(w -> Math.toIntExact(w / unit)).toList())
                    .attentionResolutions(attention)
                    .heads(1)
                    .headChannels(headChannels())
                    .classes(Math.toIntExact(classes))
                    .scaleShiftNorm(false)
                    .convResample(false)
                    .qkvOrder(QkvOrder.HEAD_DIM_THREE)
                    .build();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new FormatException(file, e.getMessage(), "a network cm4j can build", e);
        }
    }

    private String first() {
        return source.keySet().stream()
                .filter(name -> FIRST.matcher(name).matches())
                .findFirst()
                .orElseThrow(() ->
                        new FormatException(
                                file, "no tensor such as enc.64x64_conv.weight", EXPECTED));
    }

    private int size(String first) {
        Matcher name = FIRST.matcher(first);
        int size = name.matches() ? Integer.parseInt(name.group(1)) : 0;
        if (hints.imageSize().isPresent() && hints.imageSize().getAsInt() != size) {
            throw new FormatException(
                    file,
                    "weights named for %d pixels, not for %d"
                            .formatted(size, hints.imageSize().getAsInt()),
                    "no --image-size: the names say it");
        }
        return size;
    }

    /** Channels of the pictures: the network adds a constant one. */
    private int channels(String first) {
        long channels = size(first, 4, 1) - 1;
        if (channels < 1 || channels > Integer.MAX_VALUE) {
            throw new FormatException(
                    file,
                    first + " reads " + (channels + 1) + " channels",
                    "those of a picture and one that is constant");
        }
        if (channels > PICTURE) {
            notices.add(
                    "works on latents of %d channels, not on pictures: it converts and trains, but cm4j has no decoder to make pictures of what it samples"
                            .formatted(channels));
        }
        return Math.toIntExact(channels);
    }

    private int headChannels() {
        if (hints.heads().isPresent()) {
            throw new FormatException(
                    file,
                    "attention whose heads have all the same width, however many there are",
                    "--head-channels instead of --heads");
        }
        if (hints.headChannels().isEmpty()) {
            notices.add(
                    "heads of %d channels assumed, as published; --head-channels says otherwise"
                            .formatted(UNetConfig.EDM2_HEAD));
        }
        return hints.headChannels().orElse(UNetConfig.EDM2_HEAD);
    }

    private long size(String name, int rank, int dimension) {
        TensorEntry entry = source.get(name);
        if (entry == null || entry.shape().length != rank) {
            throw new FormatException(
                    file,
                    entry == null
                            ? "no tensor " + name
                            : name + " of shape " + Arrays.toString(entry.shape()),
                    "one of " + rank + " dimensions there");
        }
        return entry.shape()[dimension];
    }

    private boolean has(String module) {
        return source.containsKey(module + ".weight");
    }

    private static String block(int pixels, int i) {
        return "enc." + pixels + "x" + pixels + "_block" + i;
    }
}
