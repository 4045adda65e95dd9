package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.UNetConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The SongUNet that weights are of, told from their names and shapes.
 *
 * <pre>
 *   enc.32x32_conv.weight [M, n, 3, 3]       size of the pictures, M, channels
 *   map_noise.freqs, enc.*_aux_residual      NCSN++, else DDPM++
 *   enc.RxR_block{0, 1, …}                   levels, blocks, width and attention of each
 *   map_label.weight [·, classes]            classes
 *   *.resample_filter                        checked against the kind, and left out
 * </pre>
 *
 * <p>Names stay as they are, and so do the rows of qkv: such files go back as they came. Source:
 * NVlabs/edm, {@code training/networks.py}.
 *
 * @param entries the weights
 * @param network what they belong to
 * @param notices what was left out
 */
record SongWeights(Map<String, TensorEntry> entries, UNetConfig network, List<String> notices) {

    private static final Pattern FIRST = Pattern.compile("enc\\.([1-9]\\d{0,4})x\\1_conv\\.weight");
    private static final String PLAIN = "DDPM++ with the filter [1,1], or NCSN++ with [1,3,3,1]";
    private static final double ROUNDING = 1e-3; // of float16 and bfloat16

    /**
     * Tells the network.
     *
     * @throws FormatException if the weights are of no DDPM++ and no NCSN++, or options contradict
     */
    static SongWeights of(Path file, Map<String, TensorEntry> found, SourceOptions options) {
        return new Reading(file, options).read(found);
    }

    /** The work of telling. */
    private static final class Reading {
        private final Path file;
        private final SourceOptions options;
        private final Map<String, TensorEntry> weights = new LinkedHashMap<>();
        private final Map<String, TensorEntry> filters = new LinkedHashMap<>();
        private final List<String> notices = new ArrayList<>();

        Reading(Path file, SourceOptions options) {
            this.file = file;
            this.options = options;
        }

        SongWeights read(Map<String, TensorEntry> found) {
            take(found);
            UNetConfig network = network();
            requireOptions(network);
            LayoutDifference difference =
                    LayoutDifference.between(
                            LayoutDifference.shapes(weights), SongLayout.of(network));
            if (!difference.isEmpty()) {
                throw refusal(
                        "no SongUNet that cm4j can build: " + difference,
                        "the weights of one " + network.kind().key());
            }
            return new SongWeights(weights, network, List.copyOf(notices));
        }

        private void take(Map<String, TensorEntry> found) {
            boolean wrapped =
                    found.keySet().stream().allMatch(name -> name.startsWith(EdmNames.WRAPPER));
            found.forEach((name, entry) -> {
                String own = wrapped ? name.substring(EdmNames.WRAPPER.length()) : name;
                boolean filter = own.endsWith(EdmNames.FILTER);
                (filter ? filters : weights)
                        .put(own, new TensorEntry(own, entry.dtype(), entry.shape(), entry.data()));
            });
            if (weights.remove(EdmNames.AUGMENT) != null) {
                notices.add(EdmNames.WITHOUT_AUGMENT);
            }
        }

        private UNetConfig network() {
            int size = imageSize();
            long[] first = shape("enc." + stage(size) + "conv.weight", 4);
            NetworkKind kind = kind(first[0]);
            shape("enc." + stage(size) + "block0.conv0.weight", 4);
            filters.forEach((name, filter) -> requireFilter(kind, name, filter));
            List<Integer> mult = new ArrayList<>();
            List<Integer> attention = new ArrayList<>();
            for (int at = size; at > 0 && has(at, 0); at = at % 2 == 0 ? at / 2 : 0) {
                String block = "enc." + stage(at) + "block0";
                long width = shape(block + ".conv0.weight", 4)[0];
                if (width % first[0] != 0) {
                    throw refusal(
                            block + ".conv0.weight has " + width + " channels",
                            "a multiple of the " + first[0] + " model channels");
                }
                mult.add((int) (width / first[0]));
                if (weights.containsKey(block + ".qkv.weight")) {
                    attention.add(at);
                }
            }
            int blocks = 0;
            while (has(size, blocks)) {
                blocks++;
            }
            long[] last = shape("dec." + stage(size) + "aux_conv.weight", 4);
            boolean labelled = weights.containsKey("map_label.weight");
            UNetConfig published =
                    kind == NetworkKind.DDPMPP ? UNetConfig.ddpmpp() : UNetConfig.ncsnpp();
            try {
                return published.toBuilder()
                        .imageSize(size)
                        .inChannels((int) first[1])
                        .outChannels((int) last[0])
                        .modelChannels((int) first[0])
                        .resBlocks(blocks)
                        .channelMult(mult)
                        .attentionResolutions(attention)
                        .classes(labelled ? (int) shape("map_label.weight", 2)[1] : 0)
                        .build();
            } catch (IllegalArgumentException e) {
                throw new FormatException(
                        file, "no SongUNet: " + e.getMessage(), "a network cm4j can build", e);
            }
        }

        private int imageSize() {
            for (String name : weights.keySet()) {
                Matcher first = FIRST.matcher(name);
                if (first.matches()) {
                    return Integer.parseInt(first.group(1));
                }
            }
            throw refusal("no tensor such as enc.32x32_conv.weight", "the weights of a SongUNet");
        }

        private NetworkKind kind(long modelChannels) {
            boolean fourier = weights.containsKey("map_noise.freqs");
            boolean residual = any("enc\\..*_aux_residual\\.weight");
            Stream.of(
                            new String[] {"enc\\..*_aux_skip\\..*", "an encoder of type skip"},
                            new String[] {
                                "dec\\.(?!" + stage(imageSize()) + ").*_aux_(norm|conv)\\..*",
                                "a decoder of type skip"
                            })
                    .filter(other -> any(other[0]))
                    .findFirst()
                    .ifPresent(other -> {
                        throw refusal("a SongUNet with " + other[1], PLAIN);
                    });
            // A network of one level has no resolution to bring the picture to.
            boolean levels = any("enc\\..*_down\\..*");
            if (levels && fourier != residual) {
                throw refusal(
                        "a SongUNet with %s embedding of noise and %s encoder"
                                .formatted(
                                        fourier ? "a Fourier" : "a positional",
                                        residual ? "a residual" : "a standard"),
                        PLAIN);
            }
            NetworkKind kind = fourier ? NetworkKind.NCSNPP : NetworkKind.DDPMPP;
            long[] layer = shape("map_layer0.weight", 2);
            long noise = SongLayout.noiseChannels(kind, modelChannels);
            if (layer[0] != 4 * modelChannels || layer[1] != noise) {
                throw refusal(
                        "map_layer0.weight is " + Arrays.toString(layer),
                        "[%d, %d], four times the model channels and %s of them, in %s"
                                .formatted(
                                        4 * modelChannels,
                                        noise,
                                        fourier ? "twice" : "once",
                                        kind.key()));
            }
            return kind;
        }

        /** The outer product of the kind's filter with itself, of sum 1. */
        private void requireFilter(NetworkKind kind, String name, TensorEntry filter) {
            double[] row =
                    kind == NetworkKind.NCSNPP
                            ? new double[] {.125, .375, .375, .125}
                            : new double[] {.5, .5};
            int side = row.length;
            boolean fits = Arrays.equals(filter.shape(), new long[] {1, 1, side, side});
            for (int i = 0; fits && i < side * side; i++) {
                double value = Elements.get(filter.data(), filter.dtype(), i);
                fits = Math.abs(value - row[i / side] * row[i % side]) < ROUNDING;
            }
            if (!fits) {
                throw refusal(
                        name
                                + " of shape "
                                + Arrays.toString(filter.shape())
                                + " is not the filter of "
                                + kind.key(),
                        PLAIN);
            }
        }

        private void requireOptions(UNetConfig network) {
            ArchitectureHints hints = options.hints();
            if (hints.imageSize().isPresent()
                    && hints.imageSize().getAsInt() != network.imageSize()) {
                throw refusal(
                        "names of a network for pictures of " + network.imageSize() + " pixels",
                        "no other --image-size");
            }
            if (hints.headChannels().isPresent()
                    || hints.heads().orElse(1) != 1
                    || hints.headsUpsample().orElse(1) != 1) {
                throw refusal("a SongUNet, whose attention has one head", "no other number");
            }
            if (!options.qkvOrder().equals(Optional.of(network.qkvOrder()))
                    && options.qkvOrder().isPresent()) {
                throw refusal(
                        "a SongUNet, whose rows of qkv are in " + network.qkvOrder().key(),
                        "no other --qkv-order");
            }
        }

        private boolean has(int at, int block) {
            return weights.containsKey("enc." + stage(at) + "block" + block + ".conv0.weight");
        }

        private boolean any(String pattern) {
            return weights.keySet().stream().anyMatch(name -> name.matches(pattern));
        }

        private long[] shape(String name, int rank) {
            TensorEntry entry = weights.get(name);
            if (entry == null) {
                throw refusal("no tensor " + name, "the weights of a SongUNet");
            }
            long[] shape = entry.shape();
            if (shape.length != rank) {
                throw refusal(
                        name + " has rank " + shape.length, "rank " + rank + " in a SongUNet");
            }
            for (long size : shape) {
                if (size < 1 || size > Short.MAX_VALUE * 32L) {
                    throw refusal(name + " has a size of " + size, "the width of a network");
                }
            }
            return shape;
        }

        private FormatException refusal(String found, String expected) {
            return new FormatException(file, found, expected);
        }

        private static String stage(int pixels) {
            return pixels + "x" + pixels + "_";
        }
    }
}
