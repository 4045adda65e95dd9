package dev.cm4j.convert;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * {@code unet/config.json}: a network in the words of diffusers' UNet2DModel.
 *
 * <p>Of the block types those are known that make a network of the original's kind: with residual
 * blocks that resample (ResnetDownsampleBlock2D and ResnetUpsampleBlock2D) or convolutions that do
 * (DownBlock2D and UpBlock2D), with attention AttnDownBlock2D and AttnUpBlock2D. Any option that
 * would make another network is refused by its name.
 *
 * <p>Source: huggingface/diffusers, {@code models/unets/unet_2d.py}.
 */
public final class DiffusersUNetConfig {

    /** The class of networks this knows. */
    public static final String CLASS = "UNet2DModel";

    private static final String ATTENTION_DOWN = "AttnDownBlock2D";
    private static final String ATTENTION_UP = "AttnUpBlock2D";
    private static final String RESNET = "resnet";
    private static final String CONVOLUTION = "conv";

    private DiffusersUNetConfig() {}

    /**
     * Reads a configuration; keys that are absent have the defaults of diffusers, unknown ones are
     * ignored.
     *
     * @param file the file it was read from, for messages
     * @param json the content
     * @param middleNorm whether the weights have a norm in the middle attention, which a
     *     configuration without {@code attn_norm_num_groups} may deny
     * @return the network
     * @throws FormatException naming an option that makes another network
     */
    public static UNetConfig read(Path file, JsonNode json, boolean middleNorm) {
        OptionReader options = new OptionReader(file, json);
        options.requireText("_class_name", CLASS, CLASS);
        options.requireText("act_fn", "silu", "silu");
        options.requireText("mid_block_type", "UNetMidBlock2D", "UNetMidBlock2D");
        options.requireText("time_embedding_type", "positional", "positional");
        options.requireFlag("add_attention", true);
        options.requireFlag("center_input_sample", false);
        options.requireFlag("flip_sin_to_cos", true);
        options.requireNumber("freq_shift", 0, 0);
        options.requireNumber("downsample_padding", 1, 1);
        options.requireNumber("mid_block_scale_factor", 1, 1);
        options.requireNumber("norm_eps", 1e-5, 1e-5);
        options.requireNumber("norm_num_groups", UNetConfig.NORM_GROUPS, UNetConfig.NORM_GROUPS);
        options.requireAbsent("class_embed_type");
        boolean scaleShift =
                options.choice("resnet_time_scale_shift", "default", "default", "scale_shift")
                        .equals("scale_shift");
        requireMiddleNorm(options, scaleShift, middleNorm);

        List<Integer> widths = options.numbers("block_out_channels", List.of(224, 448, 672, 896));
        if (!options.isNull("time_embedding_dim")) {
            options.requireNumber("time_embedding_dim", 0, 4.0 * widths.getFirst());
        }
        Levels levels = Levels.read(options, widths.size());
        UNetBuilder network =
                new UNetBuilder()
                        .imageSize(options.square("sample_size"))
                        .inChannels(options.number("in_channels", 3))
                        .outChannels(options.number("out_channels", 3))
                        .modelChannels(widths.getFirst())
                        .channelMult(multiples(options, widths))
                        .resBlocks(options.count("layers_per_block", 2, UNetConfig.MOST_RES_BLOCKS))
                        .classes(
                                options.isNull("num_class_embeds")
                                        ? 0
                                        : options.number("num_class_embeds", 0))
                        .dropout(options.real("dropout", 0))
                        .scaleShiftNorm(scaleShift)
                        .resblockUpdown(levels.resnet());
        if (options.has("attention_head_dim") && options.isNull("attention_head_dim")) {
            network.heads(1);
        } else {
            network.headChannels(options.number("attention_head_dim", 8));
        }
        try {
            UNetConfig plain = network.build();
            return plain.withAttentionDownsample(levels.attention());
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, e.getMessage(), "a network that can be built", e);
        }
    }

    /** The middle attention has a norm by number of groups or, where time is added, by default. */
    private static void requireMiddleNorm(
            OptionReader options, boolean scaleShift, boolean middleNorm) {
        if (!options.isNull("attn_norm_num_groups")) {
            options.requireNumber("attn_norm_num_groups", 0, UNetConfig.NORM_GROUPS);
        } else if (scaleShift && !middleNorm) {
            throw options.unsupported(
                    "attn_norm_num_groups",
                    "null with scale_shift, a middle attention without a norm",
                    Integer.toString(UNetConfig.NORM_GROUPS));
        }
    }

    private static List<Integer> multiples(OptionReader options, List<Integer> widths) {
        List<Integer> multiples = new ArrayList<>();
        for (int width : widths) {
            if (width % widths.getFirst() != 0) {
                throw options.unsupported(
                        "block_out_channels",
                        widths.toString(),
                        "multiples of the first, " + widths.getFirst());
            }
            multiples.add(width / widths.getFirst());
        }
        return multiples;
    }

    /** What the lists of block types say of the levels: where attention is, how they change. */
    private record Levels(List<Integer> attention, boolean resnet) {

        static Levels read(OptionReader options, int count) {
            List<String> down =
                    options.texts(
                            "down_block_types",
                            List.of("DownBlock2D", ATTENTION_DOWN, ATTENTION_DOWN, ATTENTION_DOWN));
            List<String> up =
                    options.texts(
                            "up_block_types",
                            List.of(ATTENTION_UP, ATTENTION_UP, ATTENTION_UP, "UpBlock2D"));
            options.requireLength("down_block_types", down.size(), count);
            options.requireLength("up_block_types", up.size(), count);
            String downsample = options.choice("downsample_type", CONVOLUTION, CONVOLUTION, RESNET);
            String upsample = options.choice("upsample_type", CONVOLUTION, CONVOLUTION, RESNET);
            List<Integer> attention = new ArrayList<>();
            TreeSet<String> changes = new TreeSet<>();
            for (int level = 0; level < count; level++) {
                String above = down.get(level);
                String below = up.get(count - 1 - level);
                String fall = change("down_block_types", above, downsample, options);
                String rise = change("up_block_types", below, upsample, options);
                if (above.equals(ATTENTION_DOWN) != below.equals(ATTENTION_UP)) {
                    throw options.unsupported(
                            "up_block_types",
                            below + " opposite " + above,
                            "the same on both sides");
                }
                if (above.equals(ATTENTION_DOWN)) {
                    attention.add(1 << level);
                }
                if (level + 1 < count) {
                    changes.add(fall);
                }
                if (level > 0) {
                    changes.add(rise);
                }
            }
            if (changes.size() > 1) {
                throw options.unsupported(
                        "down_block_types",
                        "levels that change by residual blocks and by convolutions",
                        "one of them throughout");
            }
            return new Levels(attention, !changes.contains(CONVOLUTION));
        }

        private static String change(
                String option, String type, String attentionChange, OptionReader options) {
            return switch (type) {
                case "ResnetDownsampleBlock2D", "ResnetUpsampleBlock2D" -> RESNET;
                case "DownBlock2D", "UpBlock2D" -> CONVOLUTION;
                case ATTENTION_DOWN, ATTENTION_UP -> attentionChange;
                default ->
                        throw options.unsupported(
                                option,
                                type,
                                "ResnetDownsampleBlock2D, DownBlock2D or AttnDownBlock2D and their"
                                        + " opposites");
            };
        }
    }

    /**
     * A configuration in the words of diffusers, every key of the official files present.
     *
     * @param config the network
     * @return key to value, sorted; lists, texts, numbers, flags and {@code Optional.empty()} for
     *     null
     * @throws IllegalArgumentException naming what diffusers cannot express
     */
    static Map<String, Object> write(UNetConfig config) {
        requireExpressible(config);
        List<Integer> attention = config.attentionDownsample();
        List<String> down = new ArrayList<>();
        List<String> up = new ArrayList<>();
        List<Integer> widths = new ArrayList<>();
        for (int level = 0; level < config.levels(); level++) {
            boolean attends = attention.contains(1 << level);
            widths.add(config.channelMult().get(level) * config.modelChannels());
            down.add(attends ? ATTENTION_DOWN : plain(config, "Down"));
            up.addFirst(attends ? ATTENTION_UP : plain(config, "Up"));
        }
        String change = config.resblockUpdown() ? RESNET : CONVOLUTION;
        Map<String, Object> json = new TreeMap<>(DiffusersJson.fixedUNetOptions());
        json.put("sample_size", config.imageSize());
        json.put("in_channels", config.inChannels());
        json.put("out_channels", config.outChannels());
        json.put("layers_per_block", config.resBlocks());
        json.put("block_out_channels", widths);
        json.put("down_block_types", down);
        json.put("up_block_types", up);
        json.put("downsample_type", change);
        json.put("upsample_type", change);
        json.put("attention_head_dim", DiffusersJson.orNull(headWidth(config)));
        json.put(
                "attn_norm_num_groups",
                DiffusersJson.orNull(config.scaleShiftNorm() ? UNetConfig.NORM_GROUPS : 0));
        json.put("resnet_time_scale_shift", config.scaleShiftNorm() ? "scale_shift" : "default");
        json.put("num_class_embeds", DiffusersJson.orNull(config.classes()));
        json.put("dropout", config.dropout());
        return json;
    }

    private static String plain(UNetConfig config, String direction) {
        return config.resblockUpdown()
                ? "Resnet" + direction + "sampleBlock2D"
                : direction + "Block2D";
    }

    /**
     * Refuses a network that diffusers has no words for.
     *
     * @param config the network
     * @throws IllegalArgumentException naming the component
     */
    public static void requireExpressible(UNetConfig config) {
        require(
                config.kind() == NetworkKind.ADM,
                "the network is of kind %s, and not adm",
                config.kind().key());
        require(config.patch() == 1, "patch %d folds pixels into channels", config.patch());
        require(
                config.resblockUpdown() || config.convResample(),
                "levels change by pooling and repeating (convResample is false)");
        require(
                config.qkvOrder() == QkvOrder.THREE_HEAD,
                "qkvOrder is %s; permute the weights first",
                config.qkvOrder().key());
        require(
                config.channelMult().getFirst() == 1,
                "channelMult %s does not begin with 1",
                config.channelMult());
        headWidth(config);
    }

    /** Channels of each head, the same in all attentions; 0 where each attention has one head. */
    private static int headWidth(UNetConfig config) {
        if (config.headChannels() != -1) {
            return config.headChannels();
        }
        int up = config.headsUpsample() == -1 ? config.heads() : config.headsUpsample();
        if (config.heads() == 1 && up == 1) {
            return 0;
        }
        TreeSet<Integer> widths = new TreeSet<>();
        widths.add(config.channelMult().getLast() * config.modelChannels() / config.heads());
        for (int level = 0; level < config.levels(); level++) {
            if (config.attentionDownsample().contains(1 << level)) {
                int channels = config.channelMult().get(level) * config.modelChannels();
                widths.add(channels / config.heads());
                widths.add(channels / up);
            }
        }
        require(
                widths.size() == 1,
                "heads %d and headsUpsample %d make heads of %s channels",
                config.heads(),
                config.headsUpsample(),
                widths);
        return widths.first();
    }

    private static void require(boolean holds, String sentence, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "diffusers has no such network: " + sentence.formatted(values));
        }
    }
}
