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
 * Names and shapes of DDPM++ and NCSN++ as in NVlabs/edm, in the order in which modules register.
 *
 * <p>Source: NVlabs/edm, {@code training/networks.py}, SongUNet. The constant filters of its
 * resampling layers are left out: they follow from the kind.
 */
final class SongLayout {

    private final UNetConfig config;
    private final boolean pyramid;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();
    private final Deque<Integer> kept = new ArrayDeque<>();

    private SongLayout(UNetConfig config) {
        this.config = config;
        pyramid = config.kind() == NetworkKind.NCSNPP;
    }

    /**
     * Lists the parameters.
     *
     * @param config a network of kind ddpmpp or ncsnpp
     * @return name to sizes; unmodifiable
     */
    static Map<String, long[]> of(UNetConfig config) {
        SongLayout layout = new SongLayout(config);
        layout.embedding();
        layout.decoder(layout.encoder());
        return Collections.unmodifiableMap(layout.shapes);
    }

    /**
     * Width of the embedding of the noise level.
     *
     * @param kind of the network
     * @param modelChannels M
     */
    static long noiseChannels(NetworkKind kind, long modelChannels) {
        return kind == NetworkKind.NCSNPP ? 2 * modelChannels : modelChannels;
    }

    private void embedding() {
        long noise = noiseChannels(config.kind(), config.modelChannels());
        if (pyramid) {
            shapes.put("map_noise.freqs", new long[] {noise / 2});
        }
        if (config.classes() > 0) {
            affine("map_label", noise, config.classes());
        }
        affine("map_layer0", config.timeChannels(), noise);
        affine("map_layer1", config.timeChannels(), config.timeChannels());
    }

    /** Leaves the channels of what the decoder reads in {@code kept}; returns its own. */
    private int encoder() {
        int channels = config.modelChannels();
        int picture = config.inChannels();
        convolution(stage("enc", 0) + "conv", picture, channels, 3);
        kept.push(channels);
        for (int level = 0; level < config.levels(); level++) {
            String at = stage("enc", level);
            if (level > 0) {
                residual(at + "down", channels, channels, true, false);
                kept.push(channels);
                if (pyramid) {
                    convolution(at + "aux_residual", picture, channels, 3);
                    picture = channels;
                }
            }
            for (int block = 0; block < config.resBlocks(); block++) {
                residual(at + "block" + block, channels, width(level), false, attends(level));
                channels = width(level);
                kept.push(channels);
            }
        }
        return channels;
    }

    private void decoder(int deepest) {
        int channels = deepest;
        for (int level = config.levels() - 1; level >= 0; level--) {
            String at = stage("dec", level);
            if (level == config.levels() - 1) {
                residual(at + "in0", channels, channels, false, true);
                residual(at + "in1", channels, channels, false, false);
            } else {
                residual(at + "up", channels, channels, true, false);
            }
            for (int block = 0; block <= config.resBlocks(); block++) {
                boolean last = block == config.resBlocks();
                residual(
                        at + "block" + block,
                        channels + kept.pop(),
                        width(level),
                        false,
                        last && attends(level));
                channels = width(level);
            }
        }
        affine(stage("dec", 0) + "aux_norm", channels);
        convolution(stage("dec", 0) + "aux_conv", channels, config.outChannels(), 3);
    }

    private void residual(String name, int in, int out, boolean resized, boolean attends) {
        affine(name + ".norm0", in);
        convolution(name + ".conv0", in, out, 3);
        affine(name + ".affine", out, config.timeChannels());
        affine(name + ".norm1", out);
        convolution(name + ".conv1", out, out, 3);
        if (in != out || resized) {
            convolution(name + ".skip", in, out, 1);
        }
        if (attends) {
            affine(name + ".norm2", out);
            convolution(name + ".qkv", out, 3 * out, 1);
            convolution(name + ".proj", out, out, 1);
        }
    }

    private boolean attends(int level) {
        List<Integer> rates = config.attentionDownsample();
        return rates.contains(1 << level);
    }

    private int width(int level) {
        return config.channelMult().get(level) * config.modelChannels();
    }

    private String stage(String part, int level) {
        int side = config.imageSize() >> level;
        return part + "." + side + "x" + side + "_";
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
