package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.UNetConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Names and shapes of the network of cloneofsimo/consistency_models, of width D for n channels, in
 * the order in which cm4j has them.
 */
final class SeedLayout {

    private static final String FIRST = "down.0.weight";

    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    private SeedLayout() {}

    /**
     * The network that weights are of: every weight and nothing else.
     *
     * @return for pictures of the published size, which the weights do not tell
     * @throws FormatException naming what is missing, unknown or of another shape
     */
    static UNetConfig network(Path file, Map<String, TensorEntry> entries) {
        TensorEntry first = entries.get(FIRST);
        if (first == null || first.shape().length != 4) {
            throw new FormatException(
                    file,
                    first == null
                            ? "no tensor " + FIRST
                            : FIRST + " of shape " + Arrays.toString(first.shape()),
                    "the network of cloneofsimo/consistency_models, [D, n, 3, 3] there");
        }
        long width = first.shape()[0];
        long channels = first.shape()[1];
        LayoutDifference difference =
                LayoutDifference.between(LayoutDifference.shapes(entries), of(width, channels));
        if (!difference.isEmpty()) {
            throw new FormatException(
                    file,
                    "not the network of cloneofsimo/consistency_models: " + difference,
                    "its weights");
        }
        try {
            return UNetConfig.seed(Math.toIntExact(width), Math.toIntExact(channels));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new FormatException(file, e.getMessage(), "a network cm4j can build", e);
        }
    }

    /**
     * The layout.
     *
     * @param width D
     * @param channels n, of the pictures
     */
    static Map<String, long[]> of(long width, long channels) {
        SeedLayout layout = new SeedLayout();
        layout.convolution("down.0", channels, width);
        layout.block("down.1", width, width);
        layout.block("down.2", width, 2 * width);
        layout.block("down.3", 2 * width, 2 * width);
        layout.linear("time_downs.0", 2 * width, width);
        layout.linear("time_downs.1", 2 * width, width);
        layout.linear("time_downs.2", 2 * width, 2 * width);
        layout.linear("time_downs.3", 2 * width, 2 * width);
        layout.block("mid", 2 * width, 2 * width);
        layout.block("up.0", 2 * width, 2 * width);
        layout.block("up.1", 4 * width, width);
        layout.block("up.2", width, width);
        layout.convolution("up.3", 2 * width, 2 * width);
        layout.convolution("last", 2 * width + channels, channels);
        return layout.shapes;
    }

    private void block(String name, long in, long out) {
        pair(name + ".0", in);
        convolution(name + ".2", in, out);
        pair(name + ".3", out);
        convolution(name + ".5", out, out);
    }

    private void convolution(String name, long in, long out) {
        shapes.put(name + ".weight", new long[] {out, in, 3, 3});
        shapes.put(name + ".bias", new long[] {out});
    }

    private void linear(String name, long in, long out) {
        shapes.put(name + ".weight", new long[] {out, in});
        shapes.put(name + ".bias", new long[] {out});
    }

    private void pair(String name, long channels) {
        shapes.put(name + ".weight", new long[] {channels});
        shapes.put(name + ".bias", new long[] {channels});
    }
}
