package dev.cm4j.convert;

import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.UNetConfig;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The names and shapes of all parameters of a network, known from its configuration alone.
 *
 * <p>Source: openai/consistency_models, {@code cm/unet.py}: the order in which modules register.
 */
public final class OpenAiLayout {

    private final UNetConfig config;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    private OpenAiLayout(UNetConfig config) {
        this.config = config;
    }

    /**
     * Lists the parameters.
     *
     * @param config the network
     * @return name to sizes, in the order of the state dict; unmodifiable
     */
    public static Map<String, long[]> of(UNetConfig config) {
        if (config.kind() == NetworkKind.SEED) {
            return SeedLayout.of(config.modelChannels(), config.inChannels());
        }
        if (config.kind().isSong()) {
            return SongLayout.of(config);
        }
        if (config.kind() == NetworkKind.EDM2) {
            return Edm2Layout.of(config);
        }
        OpenAiLayout layout = new OpenAiLayout(config);
        layout.embeddings();
        layout.blocks();
        return Collections.unmodifiableMap(layout.shapes);
    }

    private void embeddings() {
        affine("time_embed.0", config.timeChannels(), config.modelChannels());
        affine("time_embed.2", config.timeChannels(), config.timeChannels());
        if (config.classes() > 0) {
            shapes.put("label_emb.weight", new long[] {config.classes(), config.timeChannels()});
        }
    }

    private void blocks() {
        int folds = config.patch() * config.patch();
        List<Integer> attention = config.attentionDownsample();
        Deque<Integer> kept = new ArrayDeque<>();
        int channels = width(0);
        int k = 0;
        convolution("input_blocks.0.0", folds * config.inChannels(), channels, 3);
        kept.push(channels);
        for (int level = 0; level < config.levels(); level++) {
            for (int j = 0; j < config.resBlocks(); j++) {
                String block = "input_blocks." + ++k;
                residual(block + ".0", channels, width(level));
                channels = width(level);
                if (attention.contains(1 << level)) {
                    attention(block + ".1", channels);
                }
                kept.push(channels);
            }
            if (level + 1 < config.levels()) {
                resample("input_blocks." + ++k + ".0", channels, "op");
                kept.push(channels);
            }
        }
        residual("middle_block.0", channels, channels);
        attention("middle_block.1", channels);
        residual("middle_block.2", channels, channels);
        k = 0;
        for (int level = config.levels() - 1; level >= 0; level--) {
            for (int j = 0; j <= config.resBlocks(); j++) {
                String block = "output_blocks." + k++;
                residual(block + ".0", channels + kept.pop(), width(level));
                channels = width(level);
                boolean attends = attention.contains(1 << level);
                if (attends) {
                    attention(block + ".1", channels);
                }
                if (level > 0 && j == config.resBlocks()) {
                    resample(block + (attends ? ".2" : ".1"), channels, "conv");
                }
            }
        }
        affine("out.0", channels);
        convolution("out.2", channels, folds * config.outChannels(), 3);
    }

    private int width(int level) {
        return config.channelMult().get(level) * config.modelChannels();
    }

    private void residual(String name, int in, int out) {
        affine(name + ".in_layers.0", in);
        convolution(name + ".in_layers.2", in, out, 3);
        affine(
                name + ".emb_layers.1",
                config.scaleShiftNorm() ? 2 * out : out,
                config.timeChannels());
        affine(name + ".out_layers.0", out);
        convolution(name + ".out_layers.3", out, out, 3);
        if (in != out) {
            convolution(name + ".skip_connection", in, out, 1);
        }
    }

    private void attention(String name, int channels) {
        affine(name + ".norm", channels);
        convolution(name + ".qkv", channels, 3 * channels, 1);
        convolution(name + ".proj_out", channels, channels, 1);
    }

    private void resample(String name, int channels, String convolution) {
        if (config.resblockUpdown()) {
            residual(name, channels, channels);
        } else if (config.convResample()) {
            convolution(name + "." + convolution, channels, channels, 3);
        }
    }

    private void convolution(String name, int in, int out, int side) {
        affine(name, out, in, side, side);
    }

    /** A weight of these sizes, and a bias of the first of them. */
    private void affine(String name, long... weight) {
        shapes.put(name + ".weight", weight);
        shapes.put(name + ".bias", new long[] {weight[0]});
    }
}
