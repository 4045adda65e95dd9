package dev.cm4j.convert;

import dev.cm4j.nn.UNetConfig;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Names and shapes of the network of NVlabs/edm2, in the order of its state dict: weights without
 * biases, and scalar gains.
 *
 * <p>Source: NVlabs/edm2, {@code training/networks_edm2.py}, {@code UNet}: the order in which
 * modules register.
 */
final class Edm2Layout {

    private final UNetConfig config;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();
    private final long embedding;

    private Edm2Layout(UNetConfig config) {
        this.config = config;
        this.embedding = Collections.max(config.channelMult()).longValue() * config.modelChannels();
    }

    /**
     * The layout.
     *
     * @param config of kind {@code EDM2}
     * @return name to sizes; unmodifiable
     */
    static Map<String, long[]> of(UNetConfig config) {
        Edm2Layout layout = new Edm2Layout(config);
        layout.embeddings();
        layout.blocks();
        return Collections.unmodifiableMap(layout.shapes);
    }

    private void embeddings() {
        put("out_gain");
        put("emb_fourier.freqs", width(0));
        put("emb_fourier.phases", width(0));
        put("emb_noise.weight", embedding, width(0));
        if (config.classes() > 0) {
            put("emb_label.weight", embedding, config.classes());
        }
    }

    private void blocks() {
        List<Integer> attention = config.attentionDownsample();
        Deque<Long> kept = new ArrayDeque<>();
        long channels = width(0);
        convolution("enc." + stage(0) + "conv", config.inChannels() + 1L, channels, 3);
        kept.push(channels);
        for (int level = 0; level < config.levels(); level++) {
            if (level > 0) {
                encoder(stage(level) + "down", channels, channels, false);
                kept.push(channels);
            }
            for (int i = 0; i < config.resBlocks(); i++) {
                boolean attends = attention.contains(1 << level);
                encoder(stage(level) + "block" + i, channels, width(level), attends);
                channels = width(level);
                kept.push(channels);
            }
        }
        int lowest = config.levels() - 1;
        for (int level = lowest; level >= 0; level--) {
            if (level == lowest) {
                decoder(stage(level) + "in0", channels, channels, true);
                decoder(stage(level) + "in1", channels, channels, false);
            } else {
                decoder(stage(level) + "up", channels, channels, false);
            }
            for (int i = 0; i <= config.resBlocks(); i++) {
                boolean attends = attention.contains(1 << level);
                decoder(stage(level) + "block" + i, channels + kept.pop(), width(level), attends);
                channels = width(level);
            }
        }
        convolution("out_conv", channels, config.outChannels(), 3);
    }

    private void encoder(String name, long in, long out, boolean attends) {
        block("enc." + name, out, in, out, attends);
    }

    private void decoder(String name, long in, long out, boolean attends) {
        block("dec." + name, in, in, out, attends);
    }

    /** A block whose first convolution reads what its decoder reads or its encoder has made. */
    private void block(String name, long read, long in, long out, boolean attends) {
        put(name + ".emb_gain");
        convolution(name + ".conv_res0", read, out, 3);
        put(name + ".emb_linear.weight", out, embedding);
        convolution(name + ".conv_res1", out, out, 3);
        if (in != out) {
            convolution(name + ".conv_skip", in, out, 1);
        }
        if (attends) {
            convolution(name + ".attn_qkv", out, 3 * out, 1);
            convolution(name + ".attn_proj", out, out, 1);
        }
    }

    private void convolution(String name, long in, long out, int side) {
        put(name + ".weight", out, in, side, side);
    }

    private void put(String name, long... shape) {
        shapes.put(name, shape);
    }

    private long width(int level) {
        return config.channelMult().get(level).longValue() * config.modelChannels();
    }

    private String stage(int level) {
        int pixels = config.imageSize() >> level;
        return pixels + "x" + pixels + "_";
    }
}
