package dev.cm4j.cli;

import dev.cm4j.convert.ArchitectureHints;
import dev.cm4j.convert.SourceOptions;
import dev.cm4j.convert.WeightLayout;
import dev.cm4j.nn.QkvOrder;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * What a person says about a checkpoint of another program, for commands that convert or show it.
 */
final class SourceChoice {

    @Mixin private WeightsChoice weights;

    @Option(
            names = "--from",
            paramLabel = "LAYOUT",
            description =
                    "openai, guided-diffusion, edm, ect, cloneofsimo or edm2"
                            + " (default: openai).")
    private Optional<String> from;

    @Option(
            names = "--qkv-order",
            paramLabel = "ORDER",
            description =
                    "Rows of attention: auto, three-head, head-three or head-dim-three (default: auto).")
    private Optional<String> qkvOrder;

    @Option(
            names = "--head-channels",
            paramLabel = "N",
            description = "Channels of an attention head, which weights do not say.")
    private Optional<Integer> headChannels;

    @Option(
            names = "--heads",
            paramLabel = "N",
            description = "Heads of each attention, instead of --head-channels.")
    private Optional<Integer> heads;

    @Option(
            names = "--patch",
            paramLabel = "N",
            description = "Side of the square of pixels folded into channels (default: 1).")
    private Optional<Integer> patch;

    @Option(
            names = "--scalings",
            paramLabel = "KIND",
            description = "boundary: a consistency model; edm: a teacher.")
    private Optional<String> scalings;

    @Option(
            names = "--train-timesteps",
            paramLabel = "N",
            description = "Points of the training grid: 40 distilled, 201 or 151 trained alone.")
    private Optional<Integer> trainTimesteps;

    SourceOptions options(CommandSpec spec) {
        return Usage.check(spec, this::options);
    }

    private SourceOptions options() {
        return new SourceOptions(
                weights.key(),
                from.map(WeightLayout::named),
                qkvOrder.filter(order -> !order.equals("auto")).map(QkvOrder::named),
                new ArchitectureHints(
                        weights.imageSize(),
                        number(headChannels),
                        number(heads),
                        OptionalInt.empty(),
                        number(patch)),
                weights.variant(),
                scalings.map(SourceChoice::isConsistency),
                number(trainTimesteps));
    }

    private static OptionalInt number(Optional<Integer> value) {
        return value.map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    private static boolean isConsistency(String kind) {
        return switch (kind) {
            case "boundary" -> true;
            case "edm" -> false;
            default ->
                    throw new IllegalArgumentException(
                            "no scalings are called '" + kind + "': there are boundary and edm");
        };
    }
}
