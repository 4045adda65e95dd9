package dev.cm4j.parity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchFile;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Builds the networks that the cases describe in OpenAI's words. */
final class ReferenceNetworks {

    private ReferenceNetworks() {}

    /** The network of {@code model}, float32, with its recorded weights; the caller closes it. */
    static UNet load(ReferenceCase reference, JsonNode model) {
        return load(reference, model, 0);
    }

    static UNet load(ReferenceCase reference, JsonNode model, double dropout) {
        UNet net = UNet.zeroed(config(model.path("config"), dropout));
        net.precision(Precision.F32);
        if (model.has("weights")) {
            net.load(weights(reference.folder().resolve(model.path("weights").asText())));
        } else {
            WeightRecipe.of(model).fill(net);
        }
        return net;
    }

    /** A second network with every weight multiplied by {@code scale} in float32. */
    static UNet scaled(UNet net, double scale) {
        UNet copy = net.copy();
        try (Scope _ = Scope.open()) {
            copy.weights().assign(net.weights().times(scale));
        }
        return copy;
    }

    private static Map<String, Tensor> weights(Path file) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        if (file.toString().endsWith(".safetensors")) {
            try (SafetensorsFile source = SafetensorsFile.open(file)) {
                source.entries().forEach((name, entry) -> tensors.put(name, widened(entry)));
            }
        } else {
            try (TorchFile source = TorchFile.open(file)) {
                source.entries().forEach((name, entry) -> tensors.put(name, widened(entry)));
            }
        }
        return tensors;
    }

    private static Tensor widened(TensorEntry entry) {
        return Tensor.copyOf(entry.data(), entry.dtype(), entry.shape()).to(DType.F32);
    }

    /** Translates the arguments of create_model, or of the UNetModel constructor. */
    static UNetConfig config(JsonNode c, double dropout) {
        boolean create = c.path("via").asText().equals("create_model");
        int size = c.path("image_size").asInt();
        int out =
                create
                        ? (c.path("learn_sigma").asBoolean() ? 6 : 3)
                        : c.path("out_channels").asInt();
        boolean conditional =
                create ? c.path("class_cond").asBoolean() : c.path("num_classes").asInt(0) > 0;
        List<Integer> multiples = channelMult(c.path("channel_mult"), size, create);
        return new UNetConfig(
                NetworkKind.ADM,
                size,
                create ? 3 : c.path("in_channels").asInt(),
                out,
                c.path(create ? "num_channels" : "model_channels").asInt(),
                c.path("num_res_blocks").asInt(),
                multiples,
                attention(c.path("attention_resolutions"), size, multiples.size(), create),
                c.path("num_heads").asInt(1),
                c.path("num_heads_upsample").asInt(-1),
                c.path("num_head_channels").asInt(-1),
                conditional ? c.path("num_classes").asInt(1000) : 0,
                dropout,
                c.path("use_scale_shift_norm").asBoolean(),
                c.path("resblock_updown").asBoolean(),
                c.path("conv_resample").asBoolean(true),
                1,
                QkvOrder.THREE_HEAD);
    }

    private static List<Integer> channelMult(JsonNode node, int size, boolean create) {
        List<Integer> listed = listed(node);
        if (!listed.isEmpty()) {
            return listed;
        }
        if (!create) {
            return List.of(1, 2, 4, 8);
        }
        return switch (size) {
            case 256 -> List.of(1, 1, 2, 2, 4, 4);
            case 128 -> List.of(1, 1, 2, 3, 4);
            case 64 -> List.of(1, 2, 3, 4);
            default -> throw new AssertionError("no channel_mult for " + size + " px");
        };
    }

    /**
     * create_model names pixel sizes and divides by them, the constructor takes the rates; a rate
     * that no level has means nothing. Ours are the sizes of levels.
     */
    private static List<Integer> attention(JsonNode node, int size, int levels, boolean pixels) {
        List<Integer> named =
                pixels && node.isMissingNode() ? List.of(16) : listed(node); // as create_model has
        Set<Integer> rates =
                named.stream()
                        .map(value -> pixels ? size / value : value)
                        .collect(Collectors.toSet());
        return IntStream.range(0, levels)
                .filter(level -> rates.contains(1 << level))
                .mapToObj(level -> size >> level)
                .toList();
    }

    private static List<Integer> listed(JsonNode node) {
        return node.isArray() ? integers(node) : integers(node.asText());
    }

    private static List<Integer> integers(JsonNode array) {
        List<Integer> values = new ArrayList<>();
        array.forEach(v -> values.add(v.asInt()));
        return values;
    }

    private static List<Integer> integers(String commaSeparated) {
        List<Integer> values = new ArrayList<>();
        for (String part : commaSeparated.split(",")) {
            if (!part.isBlank()) {
                values.add(Integer.valueOf(part.trim()));
            }
        }
        return values;
    }
}
