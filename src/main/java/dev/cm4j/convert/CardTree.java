package dev.cm4j.convert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.SeedScalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.schedule.TrigFlow;
import dev.cm4j.schedule.TrigFlowScalings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The parts of cm4j's own descriptions that say what the weights are: of a model card, the JSON in
 * a model file's metadata, and of {@code state.json} of a training checkpoint.
 *
 * <p>The front door reads model cards as a whole; here only the network and its noise levels
 * matter. A training checkpoint has the same keys joined with dots, and takes the picture's size
 * and channels from the data where the network does not give them.
 */
final class CardTree {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LARGEST = 64 << 20;

    private final Path file;
    private final JsonNode root;
    private final boolean flat;
    private final String noise;

    private CardTree(Path file, JsonNode root, boolean flat, String noise) {
        this.file = file;
        this.root = root;
        this.flat = flat;
        this.noise = noise;
    }

    /** The card in a model file's metadata. */
    static CardTree ofCard(Path file, String json) {
        try {
            return new CardTree(file, JSON.readTree(json), false, "");
        } catch (JsonProcessingException e) {
            throw new FormatException(file, e.getOriginalMessage(), "a model card in JSON", e);
        }
    }

    /** The configuration in a training checkpoint's state. */
    static CardTree ofState(Path file) {
        try {
            if (Files.size(file) > LARGEST) {
                throw new FormatException(file, "more than 64 MiB", "the state of a checkpoint");
            }
            JsonNode tree = JSON.readTree(file.toFile()).path("configuration");
            return new CardTree(file, tree, true, "method.");
        } catch (IOException e) {
            throw new FormatException(file, e.getMessage(), "a complete state.json", e);
        }
    }

    /** The average that finished models of the run have; empty where it is not said. */
    String average() {
        return at("sampling.average").asText("");
    }

    UNetConfig network() {
        try {
            NetworkKind kind = NetworkKind.named(at("network.kind").asText("adm"));
            if (kind == NetworkKind.SEED) {
                return UNetConfig.seed(
                                number("network.model_channels", ""),
                                number("network.in_channels", "data.channels"))
                        .toBuilder()
                        .imageSize(number("network.image_size", "data.height"))
                        .build();
            }
            if (kind.isSong()) {
                return song(kind);
            }
            boolean edm2 = kind == NetworkKind.EDM2;
            return new UNetBuilder()
                    .kind(kind)
                    .imageSize(number("network.image_size", "data.height"))
                    .inChannels(number("network.in_channels", "data.channels"))
                    .outChannels(number("network.out_channels", "data.channels"))
                    .modelChannels(number("network.model_channels", ""))
                    .resBlocks(number("network.res_blocks", ""))
                    .channelMult(numbers("network.channel_mult"))
                    .attentionResolutions(numbers("network.attention_resolutions"))
                    .heads(at("network.heads").asInt(1))
                    .headsUpsample(at("network.heads_upsample").asInt(-1))
                    .headChannels(
                            at("network.head_channels").asInt(edm2 ? UNetConfig.EDM2_HEAD : -1))
                    .classes(at("network.classes").asInt(0))
                    .dropout(at("network.dropout").asDouble(0))
                    .scaleShiftNorm(at("network.scale_shift_norm").asBoolean(!edm2))
                    .resblockUpdown(at("network.resblock_updown").asBoolean(true))
                    .convResample(at("network.conv_resample").asBoolean(!edm2))
                    .patch(at("network.patch").asInt(1))
                    .qkvOrder(
                            QkvOrder.named(
                                    at("network.qkv_order")
                                            .asText(edm2 ? "head-dim-three" : "three-head")))
                    .build();
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, e.getMessage(), "a network cm4j can build", e);
        }
    }

    private UNetConfig song(NetworkKind kind) {
        UNetConfig published =
                kind == NetworkKind.DDPMPP ? UNetConfig.ddpmpp() : UNetConfig.ncsnpp();
        return published.toBuilder()
                .imageSize(number("network.image_size", "data.height"))
                .inChannels(number("network.in_channels", "data.channels"))
                .outChannels(number("network.out_channels", "data.channels"))
                .modelChannels(number("network.model_channels", ""))
                .resBlocks(number("network.res_blocks", ""))
                .channelMult(numbers("network.channel_mult"))
                .attentionResolutions(numbers("network.attention_resolutions"))
                .classes(at("network.classes").asInt(0))
                .dropout(at("network.dropout").asDouble(0))
                .build();
    }

    NoiseFacts noise() {
        try {
            NoiseRange range =
                    new NoiseRange(
                            real(noise + "range.sigma_min"),
                            real(noise + "range.sigma_max"),
                            real(noise + "range.rho"));
            return new NoiseFacts(scalings(), time(), range, OptionalInt.empty());
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, e.getMessage(), "the noise levels of a model", e);
        }
    }

    private TimeInput time() {
        String angle = noise + "time.angle.sigma_data";
        JsonNode form = at(noise + "time.form");
        return new TimeInput(
                real(noise + "time.scale"),
                at(angle).isMissingNode()
                        ? Optional.empty()
                        : Optional.of(new TrigFlow(real(angle))),
                form.isMissingNode() || form.isNull()
                        ? Optional.empty()
                        : Optional.of(form(form.asText())));
    }

    private static TimeInput.Form form(String word) {
        return switch (word) {
            case "logarithm" -> TimeInput.Form.LOGARITHM;
            case "sigma" -> TimeInput.Form.SIGMA;
            default ->
                    throw new IllegalArgumentException(
                            "a time input of form '" + word + "', neither logarithm nor sigma");
        };
    }

    private Scalings scalings() {
        String at = noise + "scalings.";
        return switch (at(at + "kind").asText()) {
            case "edm" -> new EdmScalings(real(at + "sigma_data"));
            case "boundary" -> new BoundaryScalings(real(at + "sigma_data"), real(at + "epsilon"));
            case "trig-flow" -> new TrigFlowScalings(real(at + "sigma_data"));
            case "seed" -> new SeedScalings(real(at + "sigma_data"), real(at + "epsilon"));
            default ->
                    throw new FormatException(
                            file,
                            "scalings of kind '" + at(at + "kind").asText() + "'",
                            "edm, boundary, trig-flow or seed");
        };
    }

    private int number(String path, String otherwise) {
        JsonNode node = at(path).isMissingNode() ? at(otherwise) : at(path);
        if (node.isMissingNode() || !node.asText().matches("\\d{1,9}")) {
            throw new FormatException(file, "no number for '" + path + "'", "a whole number");
        }
        return node.asInt();
    }

    private double real(String path) {
        double value = at(path).asDouble(Double.NaN);
        if (Double.isNaN(value)) {
            throw new FormatException(file, "no number for '" + path + "'", "a number");
        }
        return value;
    }

    /** A list, which a flat tree has as text: {@code [1,2,2]}. */
    private List<Integer> numbers(String path) {
        JsonNode node = at(path);
        try {
            JsonNode list = node.isTextual() ? JSON.readTree(node.asText()) : node;
            List<Integer> values = new ArrayList<>();
            list.forEach(value -> values.add(value.asInt()));
            return values;
        } catch (JsonProcessingException e) {
            throw new FormatException(file, "no list for '" + path + "'", "whole numbers", e);
        }
    }

    private JsonNode at(String path) {
        return flat ? root.path(path) : root.at("/" + path.replace('.', '/'));
    }
}
