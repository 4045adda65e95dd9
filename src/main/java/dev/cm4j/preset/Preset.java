package dev.cm4j.preset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cm4j.model.ModelKind;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.train.Accumulation;
import dev.cm4j.train.Budget;
import dev.cm4j.train.CheckpointPolicy;
import dev.cm4j.train.Phase;
import dev.cm4j.train.Phases;
import dev.cm4j.train.Recipe;
import dev.cm4j.train.Run;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A whole recipe: data, network, method, optimiser, length and sampling.
 *
 * <p>Schedules that need the length of the run, such as a curriculum's {@code total_steps}, get it
 * when a budget is chosen; a preset that names them itself keeps its own.
 *
 * @param name what it is called
 * @param data what is expected of the data
 * @param network shape of the network; image size and channels follow from the data unless given
 * @param method what is learnt
 * @param optim how weights move
 * @param budget how long, unless told otherwise
 * @param sampling what the finished model is
 * @param text the resolved configuration as YAML
 * @param configuration the same, {@code key.path} to value
 */
public record Preset(
        String name,
        DataSection data,
        UNetConfig network,
        MethodSection method,
        OptimSection optim,
        BudgetSection budget,
        SamplingSection sampling,
        String text,
        Map<String, String> configuration) {

    private static final List<String> SECTIONS =
            List.of("data", "network", "method", "optim", "budget", "sampling");

    public Preset {
        configuration = Map.copyOf(configuration);
        requireFit("network.image_size", network.imageSize(), "data.height", data.height());
        requireFit("network.image_size", network.imageSize(), "data.width", data.width());
        requireFit("network.in_channels", network.inChannels(), "data.channels", data.channels());
        requireFit("network.out_channels", network.outChannels(), "data.channels", data.channels());
        boolean dropped = method.labelDropout().isPresent();
        boolean named = !data.classNames().isEmpty();
        if (network.classes() != 0 && (named || dropped)) {
            requireFit(
                    "network.classes",
                    network.classes(),
                    dropped ? "data.class_names with one more for none" : "data.class_names",
                    data.classNames().size() + (dropped ? 1 : 0));
        }
        if (method.labelDropout().isPresent() && network.classes() == 0) {
            throw new PresetException(
                    "method.label_dropout is given, but network.classes is 0: there is no label to"
                            + " drop");
        }
        boolean pairs =
                method.phases().stream()
                        .anyMatch(p -> p.objective() instanceof MethodObjective.KdObjective);
        if (pairs && method.labelDropout().orElse(0.0) > 0) {
            throw new PresetException(
                    "method.label_dropout is "
                            + method.labelDropout().get()
                            + ", but kd learns from pairs, whose classes are not dropped; write 0");
        }
        if (network.kind() == NetworkKind.EDM2 && optim.optimizer().weightDecay() != 0) {
            throw new PresetException(
                    "optim.optimizer.weight_decay is "
                            + optim.optimizer().weightDecay()
                            + ", but a network of kind edm2 normalises its weights and keeps its"
                            + " noise features: it can only be 0");
        }
        boolean known =
                optim.averages().stream()
                        .anyMatch(a -> a.config().label().equals(sampling.average()));
        if (!known && !sampling.average().equals(SamplingSection.ONLINE)) {
            throw new PresetException(
                    "sampling.average is '"
                            + sampling.average()
                            + "', but optim.averages are "
                            + optim.averages().stream().map(a -> a.config().label()).toList()
                            + "; one of them or online");
        }
    }

    /** What a training makes, where scalings or the last objective tell. */
    public Optional<ModelKind> kind() {
        return TrainedKind.of(method.scalings(), text);
    }

    private static void requireFit(String first, int one, String second, int other) {
        if (one != other) {
            throw new PresetException(
                    first + " is " + one + ", which contradicts " + second + ", " + other);
        }
    }

    /** Gives every value its type. */
    static Preset of(String name, ObjectNode tree) {
        for (String key : RecordReader.keys(tree)) {
            if (!SECTIONS.contains(key)) {
                throw new PresetException(
                        "unknown section '" + key + "'" + NearestName.hint(key, SECTIONS));
            }
        }
        for (String section : SECTIONS) {
            if (!tree.has(section)) {
                throw new PresetException("missing section '" + section + "'");
            }
        }
        RecordReader plain = new RecordReader(Map.of());
        DataSection data = plain.read(tree.get("data"), DataSection.class, "data");
        BudgetSection budget = plain.read(tree.get("budget"), BudgetSection.class, "budget");
        return new Preset(
                name,
                data,
                network(tree.get("network"), data),
                method(tree.get("method"), budget.budget()),
                plain.read(tree.get("optim"), OptimSection.class, "optim"),
                budget,
                plain.read(tree.get("sampling"), SamplingSection.class, "sampling"),
                PresetTree.text(tree),
                PresetTree.flat(tree));
    }

    private static UNetConfig network(JsonNode tree, DataSection data) {
        Map<String, Object> given = new HashMap<>();
        given.put("kind", NetworkKind.ADM);
        given.put("image_size", data.height());
        given.put("in_channels", data.channels());
        given.put("out_channels", data.channels());
        given.put("heads", 1);
        given.put("heads_upsample", -1);
        given.put("conv_resample", true);
        given.put("qkv_order", QkvOrder.THREE_HEAD);
        if (tree.path("kind").asText().equals(NetworkKind.SEED.key())) {
            given.putAll(seedShape());
        }
        for (NetworkKind kind : List.of(NetworkKind.DDPMPP, NetworkKind.NCSNPP, NetworkKind.EDM2)) {
            if (tree.path("kind").asText().equals(kind.key())) {
                given.putAll(fixedBlocks(kind));
            }
        }
        return new RecordReader(given).read(tree, UNetConfig.class, "network");
    }

    /** What is fixed in a network of kind seed, which a preset need not repeat. */
    private static Map<String, Object> seedShape() {
        UNetConfig any = UNetConfig.seed(UNetConfig.NORM_GROUPS, 1);
        return Map.of(
                "res_blocks",
                any.resBlocks(),
                "channel_mult",
                any.channelMult(),
                "attention_resolutions",
                any.attentionResolutions(),
                "head_channels",
                any.headChannels(),
                "classes",
                any.classes(),
                "dropout",
                any.dropout(),
                "scale_shift_norm",
                any.scaleShiftNorm(),
                "resblock_updown",
                any.resblockUpdown(),
                "conv_resample",
                any.convResample(),
                "patch",
                any.patch());
    }

    /** What is fixed in the blocks of a kind, which a preset need not repeat. */
    private static Map<String, Object> fixedBlocks(NetworkKind kind) {
        UNetConfig any =
                kind == NetworkKind.EDM2
                        ? UNetConfig.edm2(64, 3, UNetConfig.EDM2_HEAD, 0)
                        : UNetConfig.ddpmpp();
        return Map.of(
                "head_channels",
                any.headChannels(),
                "scale_shift_norm",
                any.scaleShiftNorm(),
                "resblock_updown",
                any.resblockUpdown(),
                "conv_resample",
                any.convResample(),
                "patch",
                any.patch(),
                "qkv_order",
                kind.qkvOrder());
    }

    /** Reads the method with the length of each phase as its {@code total_steps}. */
    private static MethodSection method(JsonNode tree, Budget budget) {
        long total =
                switch (budget) {
                    case Budget.Steps steps -> steps.count();
                    case Budget.Seconds _ -> Phases.TIMED_STEPS;
                };
        RecordReader plain = new RecordReader(Map.of("total_steps", total, "clamped", true));
        MethodSection whole = plain.read(tree, MethodSection.class, "method");
        List<Double> shares =
                whole.phases().stream().map(MethodSection.PhaseSection::share).toList();
        List<MethodSection.PhaseSection> phases = new ArrayList<>();
        for (int i = 0; i < shares.size(); i++) {
            long length = Phases.length(shares, i, total);
            RecordReader reader = new RecordReader(Map.of("total_steps", length, "clamped", true));
            phases.add(
                    reader.read(
                            tree.get("phases").get(i),
                            MethodSection.PhaseSection.class,
                            "method.phases." + i));
        }
        return new MethodSection(
                whole.scalings(), whole.time(), whole.range(), phases, whole.labelDropout());
    }

    /** The same preset for another length. */
    private Preset lasting(Budget other) {
        ObjectNode tree = PresetTree.parse(text, name);
        return new Preset(
                name,
                data,
                network,
                method(tree.get("method"), other),
                optim,
                budget,
                sampling,
                text,
                configuration);
    }

    /**
     * Refuses a length that its schedules cannot fill.
     *
     * @throws PresetException saying what is needed
     */
    public void requireFits(Budget length) {
        lasting(length);
    }

    /** Whether a run of it must be given a teacher. */
    public boolean needsTeacher() {
        for (int i = 0; i < method.phases().size(); i++) {
            MethodObjective objective = method.phases().get(i).objective();
            boolean own = i > 0 && objective instanceof MethodObjective.PdObjective;
            if (objective.needsTeacher() && !own) {
                return true;
            }
        }
        return false;
    }

    /**
     * The recipe for a run of a given length.
     *
     * @throws IllegalArgumentException if the method learns from a teacher
     */
    public Recipe recipe(Budget length) {
        return recipe(length, Supplies.NONE);
    }

    /**
     * The recipe for a run of a given length.
     *
     * @param supplies teacher and files, which must outlive the recipe
     * @throws IllegalArgumentException if they lack what the method needs
     */
    public Recipe recipe(Budget length, Supplies supplies) {
        if (needsTeacher() && supplies.teacher(Optional.empty()).isEmpty()) {
            throw Supplies.noTeacher();
        }
        Preset fitted = lasting(length);
        List<Phase> phases = new ArrayList<>();
        for (MethodSection.PhaseSection phase : fitted.method.phases()) {
            phases.add(
                    phase.objective().phase(phase.name(), phase.share(), method.range(), supplies));
        }
        return new Recipe(
                network,
                method.scalings(),
                method.time(),
                new Phases(phases),
                optim.learningRate(),
                optim.optimizer(),
                optim.clipNorm().orElse(Double.POSITIVE_INFINITY),
                optim.averages().stream().map(PresetAverage::config).toList(),
                optim.batchSize(),
                optim.microBatch().orElse(optim.batchSize()),
                data.flips(),
                optim.accumulation().orElse(Accumulation.BY_SHARE),
                method.labelDropout().orElse(0.0));
    }

    /**
     * A run of this preset.
     *
     * @param folder receives checkpoints and records
     * @param length how long; {@code budget().budget()} is the preset's own
     * @param seed decides first weights, order of the data, noise and dropout
     * @param precision arithmetic of the networks
     * @param checkpoints when they are written and which stay
     * @param command the words that started the run, for the record
     */
    public Run run(
            Path folder,
            Budget length,
            long seed,
            Precision precision,
            CheckpointPolicy checkpoints,
            List<String> command) {
        return run(folder, length, seed, precision, checkpoints, command, Supplies.NONE);
    }

    /**
     * As above, with a teacher or files.
     *
     * @param supplies which must outlive the run
     * @throws IllegalArgumentException if they lack what the method needs
     */
    public Run run(
            Path folder,
            Budget length,
            long seed,
            Precision precision,
            CheckpointPolicy checkpoints,
            List<String> command,
            Supplies supplies) {
        return new Run(
                folder,
                name,
                recipe(length, supplies),
                length,
                seed,
                precision,
                checkpoints,
                configuration,
                text,
                command);
    }
}
