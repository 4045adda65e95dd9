package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What a file of nothing but weights leaves unsaid: which options say it again, and what no option
 * can say.
 *
 * @param source the checkpoint whose weights are written
 * @param out the file; its name is read for what published models have
 */
public record PlainWeights(CheckpointSource source, Path out) {

    private static final double SIGMA_DATA = 0.5;

    /** All that a person can say about the file that is written. */
    public SourceOptions options() {
        NoiseFacts noise = source.noise();
        boolean seed = source.network().kind() == NetworkKind.SEED;
        return new SourceOptions(
                Optional.empty(),
                from(),
                Optional.empty(),
                ArchitectureHints.of(source.network()),
                Optional.empty(),
                seed ? Optional.empty() : consistency(noise.scalings()),
                noise.trainTimesteps());
    }

    private static Optional<Boolean> consistency(Scalings scalings) {
        return switch (scalings) {
            case BoundaryScalings _ -> Optional.of(true);
            case EdmScalings _ -> Optional.of(false);
            default -> Optional.empty();
        };
    }

    /** Whose names the weights have, where they are not OpenAI's. */
    private Optional<WeightLayout> from() {
        WeightLayout layout = WeightLayout.of(source.network());
        return switch (layout) {
            case OPENAI -> Optional.empty();
            case EDM ->
                    Optional.of(
                            consistency(source.noise().scalings()).orElse(false)
                                    ? WeightLayout.ECT
                                    : WeightLayout.EDM);
            default -> Optional.of(layout);
        };
    }

    /** The options that are needed to read the file as what it is, with their values. */
    public List<String> needed() {
        UNetConfig network = source.network();
        List<String> needed = new ArrayList<>();
        from().ifPresent(layout -> needed.add("--from " + layout.key()));
        switch (network.kind()) {
            case SEED -> {
                needed.add("--image-size " + network.imageSize());
                return needed; // it has no other scalings than its own
            }
            case ADM -> shape(network, needed);
            case DDPMPP, NCSNPP -> {} // names and shapes say all
            case EDM2 -> {
                if (network.headChannels() != UNetConfig.EDM2_HEAD) {
                    needed.add("--head-channels " + network.headChannels());
                }
            }
        }
        NoiseFacts noise = source.noise();
        NoiseFacts guess = guess();
        if (!guess.scalings().getClass().equals(noise.scalings().getClass())) {
            consistency(noise.scalings())
                    .ifPresent(is -> needed.add("--scalings " + (is ? "boundary" : "edm")));
        }
        OptionalInt points = noise.trainTimesteps();
        if (points.isPresent() && !points.equals(guess.trainTimesteps())) {
            needed.add("--train-timesteps " + points.getAsInt());
        }
        return needed;
    }

    /** What shapes do not say of an ADM U-Net. */
    private void shape(UNetConfig network, List<String> needed) {
        Optional<UNetConfig> read = read();
        if (read.map(n -> n.imageSize() != network.imageSize()).orElse(true)) {
            needed.add("--image-size " + network.imageSize());
        }
        boolean sameHeads =
                network.patch() == 1
                        && read.map(n -> AttentionHeads.of(n).equals(AttentionHeads.of(network)))
                                .orElse(false);
        if (!sameHeads) {
            needed.add(
                    network.headChannels() == -1
                            ? "--heads " + network.heads()
                            : "--head-channels " + network.headChannels());
        }
        if (network.patch() > 1) {
            needed.add("--patch " + network.patch());
        }
    }

    /** What is lost, for no option says it. */
    public List<String> lost() {
        List<String> lost = new ArrayList<>();
        UNetConfig network = source.network();
        NoiseFacts noise = source.noise();
        if (network.kind() != NetworkKind.SEED) {
            if (network.headChannels() == -1
                    && network.headsUpsample() != -1
                    && network.headsUpsample() != network.heads()) {
                lost.add("its %d heads going up".formatted(network.headsUpsample()));
            }
            Scalings said =
                    consistency(noise.scalings()).orElse(true)
                            ? new BoundaryScalings(SIGMA_DATA, NoiseRange.STANDARD.sigmaMin())
                            : new EdmScalings(SIGMA_DATA);
            if (!said.equals(noise.scalings())) {
                lost.add("its scalings, " + noise.scalings());
            }
            if (!noise.time().equals(time())) {
                lost.add("its time input, " + noise.time());
            }
        }
        if (!noise.range().equals(NoiseRange.STANDARD)) {
            lost.add("its noise levels, " + noise.range());
        }
        if (source.isOurs()) {
            lost.add("the levels it samples at, the names of its classes and how it was trained");
        }
        return lost;
    }

    /**
     * What another reading of the weights has differently.
     *
     * @param copy the weights, read again
     * @return the names of what differs, with both values; empty where it is the same model
     */
    public List<String> differences(CheckpointSource copy) {
        Map<String, Object> expected = facts(source);
        List<String> differences = new ArrayList<>();
        facts(copy)
                .forEach((name, value) -> {
                    if (!value.equals(expected.get(name))) {
                        differences.add(name + " " + value + " for " + expected.get(name));
                    }
                });
        return differences;
    }

    private static Map<String, Object> facts(CheckpointSource of) {
        UNetConfig network = of.network();
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("pictures of", network.imageSize());
        facts.put("patch", network.patch());
        facts.put("heads", new TreeMap<>(AttentionHeads.of(network)));
        facts.put("network", plain(network));
        facts.put("scalings", of.noise().scalings());
        facts.put("time input", of.noise().time());
        facts.put("noise levels", of.noise().range());
        return facts;
    }

    /** A network without what weights and their reading may say in more than one way. */
    private static UNetConfig plain(UNetConfig network) {
        if (network.kind() != NetworkKind.ADM) {
            return network.kind() == NetworkKind.SEED ? network : network.withDropout(0);
        }
        List<Integer> rates = network.attentionDownsample();
        return network.toBuilder()
                .heads(1)
                .headsUpsample(-1)
                .headChannels(-1)
                .dropout(0)
                .qkvOrder(QkvOrder.THREE_HEAD)
                .attentionResolutions(List.of())
                .build()
                .withAttentionDownsample(rates);
    }

    /** The network that the shapes alone give, if they give one. */
    private Optional<UNetConfig> read() {
        try {
            return Optional.of(
                    ArchitectureInference.infer(
                                    out,
                                    LayoutDifference.shapes(source.entries()),
                                    ArchitectureHints.NONE)
                            .network());
        } catch (FormatException e) {
            return Optional.empty();
        }
    }

    /** What readers take for the time input of the layout. */
    private TimeInput time() {
        return from().isPresent() ? TimeInput.EDM : TimeInput.OPENAI;
    }

    private NoiseFacts guess() {
        boolean teacher = from().filter(layout -> layout != WeightLayout.ECT).isPresent();
        String name = out.getFileName().toString();
        return NoiseFacts.guessed(
                teacher ? "edm-" + name : name,
                source.network().imageSize(),
                time(),
                SourceOptions.NONE,
                new ArrayList<>());
    }
}
