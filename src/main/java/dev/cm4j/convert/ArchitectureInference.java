package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Tells an ADM U-Net from the names and shapes of its weights.
 *
 * <pre>
 *   time_embed.0.weight [4M, M]           M
 *   first up-sampler, output_blocks.R     R: it ends the lowest level
 *   blocks / (R + 1)                      levels
 *   input_blocks.{1 + l (R+1)}.0          width of level l; attention beside it
 *   emb_layers.1 [2C or C, 4M]            scale and shift, or only added
 * </pre>
 *
 * <p>Heads and picture size leave no trace in the shapes: they are assumed, and the result says so.
 * At the end the whole layout of the network found is held against the file's.
 */
public final class ArchitectureInference {

    private final Path file;
    private final Map<String, long[]> shapes;
    private final ArchitectureHints hints;
    private final List<String> assumptions = new ArrayList<>();

    private ArchitectureInference(Path file, Map<String, long[]> shapes, ArchitectureHints hints) {
        this.file = file;
        this.shapes = shapes;
        this.hints = hints;
    }

    /**
     * A network and what had to be assumed about it.
     *
     * @param network the network; dropout 0, pixels folded as the hints say, qkv three-head
     * @param assumptions what the shapes did not say, as sentences
     */
    public record Inferred(UNetConfig network, List<String> assumptions) {}

    /**
     * Finds the network.
     *
     * @param file where the weights are from, for messages
     * @param shapes name to shape of every weight, under OpenAI's names
     * @param hints what is known otherwise
     * @return the network, whose layout is exactly {@code shapes}
     * @throws FormatException if they are not the weights of an ADM U-Net
     */
    public static Inferred infer(Path file, Map<String, long[]> shapes, ArchitectureHints hints) {
        return new ArchitectureInference(file, shapes, hints).infer();
    }

    private Inferred infer() {
        long[] time = shape("time_embed.0.weight", 2);
        int model = (int) time[1];
        long[] first = shape("input_blocks.0.0.weight", 4);
        long[] last = shape("out.2.weight", 4);
        int inputs = blocks("input_blocks.");
        int outputs = blocks("output_blocks.");
        int perLevel = lowestLevel(outputs);
        if (inputs == 0 || perLevel < 2 || outputs % perLevel != 0) {
            throw refusal(
                    outputs + " output blocks of which the lowest level has " + perLevel,
                    "the same number, at least 2, in each level");
        }
        int levels = outputs / perLevel;
        List<Integer> mult = new ArrayList<>();
        List<Integer> rates = new ArrayList<>();
        for (int level = 0; level < levels; level++) {
            String block = "input_blocks." + (1 + level * perLevel);
            mult.add(multiple(block + ".0.out_layers.3.weight", model));
            if (shapes.containsKey(block + ".1.qkv.weight")) {
                rates.add(1 << level);
            }
        }
        String down = "input_blocks." + perLevel + ".0";
        boolean residual = levels == 1 || shapes.containsKey(down + ".in_layers.0.weight");
        boolean convolution = residual || shapes.containsKey(down + ".op.weight");
        long scaled = shape("middle_block.0.emb_layers.1.weight", 2)[0];
        UNetBuilder found =
                new UNetBuilder()
                        .inChannels(unfolded("input_blocks.0.0.weight", first[1]))
                        .outChannels(unfolded("out.2.weight", last[0]))
                        .patch(hints.patch().orElse(1))
                        .modelChannels(model)
                        .resBlocks(perLevel - 1)
                        .channelMult(mult)
                        .classes(classes())
                        .scaleShiftNorm(scaled == 2L * mult.getLast() * model)
                        .resblockUpdown(residual)
                        .convResample(convolution);
        return new Inferred(complete(found, mult, rates), List.copyOf(assumptions));
    }

    /** Adds what shapes do not say, and compares everything. */
    private UNetConfig complete(UNetBuilder found, List<Integer> mult, List<Integer> rates) {
        try {
            // Any size that can be halved, and one head, until the real ones are known.
            int whole = hints.patch().orElse(1) << (mult.size() - 1);
            UNetConfig config =
                    found.imageSize(whole).heads(1).build().withAttentionDownsample(rates);
            LayoutDifference difference = LayoutDifference.between(shapes, OpenAiLayout.of(config));
            if (!difference.isEmpty()) {
                throw refusal("not an ADM U-Net: " + difference, "the weights of one network");
            }
            return new UnseenChoices(file, hints, assumptions).complete(config);
        } catch (IllegalArgumentException e) {
            throw new FormatException(
                    file, "no ADM U-Net: " + e.getMessage(), "a network cm4j can build", e);
        }
    }

    /** Channels of pictures, of which {@code patch}² stand side by side. */
    private int unfolded(String name, long channels) {
        long patch = hints.patch().orElse(1);
        if (patch > channels || channels % (patch * patch) != 0) {
            throw refusal(
                    name + " has " + channels + " channels, not those of a patch of " + patch,
                    "another --patch");
        }
        return (int) (channels / (patch * patch));
    }

    private int classes() {
        return shapes.containsKey("label_emb.weight") ? (int) shape("label_emb.weight", 2)[0] : 0;
    }

    /** Output blocks up to the first that makes the picture larger. */
    private int lowestLevel(int outputs) {
        for (int block = 0; block < outputs; block++) {
            for (String part : List.of(".1", ".2")) {
                String name = "output_blocks." + block + part;
                if (shapes.containsKey(name + ".in_layers.0.weight")
                        || shapes.containsKey(name + ".conv.weight")) {
                    return block + 1;
                }
            }
        }
        // A plain resampler has no weights: its number is missing among the input blocks.
        for (int block = 1; block < outputs; block++) {
            if (!shapes.containsKey("input_blocks." + block + ".0.in_layers.0.weight")) {
                return block;
            }
        }
        return outputs;
    }

    /** One more than the largest number after a prefix. */
    private int blocks(String prefix) {
        int largest = -1;
        for (String name : shapes.keySet()) {
            if (name.startsWith(prefix)) {
                int dot = name.indexOf('.', prefix.length());
                String number = dot < 0 ? "" : name.substring(prefix.length(), dot);
                if (!number.matches("\\d{1,3}")) {
                    throw refusal("a tensor " + name, "numbers of blocks after " + prefix);
                }
                largest = Math.max(largest, Integer.parseInt(number));
            }
        }
        return largest + 1;
    }

    private int multiple(String name, int model) {
        long channels = shape(name, 4)[0];
        if (channels == 0 || channels % model != 0) {
            throw refusal(
                    "%s has %d channels".formatted(name, channels),
                    "a multiple of the " + model + " model channels");
        }
        return (int) (channels / model);
    }

    private long[] shape(String name, int rank) {
        long[] shape = shapes.get(name);
        if (shape == null) {
            throw refusal(
                    "not an ADM U-Net in OpenAI's layout: no tensor " + name + someNames(),
                    "time_embed, input_blocks, middle_block, output_blocks and out");
        }
        if (shape.length != rank) {
            throw refusal(name + " has rank " + shape.length, "rank " + rank);
        }
        for (long size : shape) {
            if (size < 1 || size > Short.MAX_VALUE * 32L) {
                throw refusal(name + " has a size of " + size, "the width of a network");
            }
        }
        return shape;
    }

    private String someNames() {
        List<String> some = shapes.keySet().stream().limit(3).toList();
        return some.isEmpty()
                ? ""
                : " among %d such as %s".formatted(shapes.size(), String.join(", ", some));
    }

    private FormatException refusal(String found, String expected) {
        return new FormatException(file, found, expected);
    }
}
