package dev.cm4j.preset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.loss.ConsistencyTraining;
import dev.cm4j.loss.Lpips;
import dev.cm4j.loss.Pairs;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.HalvingCurriculum;
import dev.cm4j.schedule.ProgressiveCurriculum;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.train.Budget;
import dev.cm4j.train.Phases;
import dev.cm4j.train.Recipe;
import dev.cm4j.train.StageChange;
import dev.cm4j.train.TeacherChain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Presets of this repository load; wrong ones are refused in words that help. */
class PresetTest {

    @TempDir Path folder;

    static List<String> names() {
        return Presets.names();
    }

    @Test
    void there_are_presets() {
        assertTrue(names().containsAll(List.of("digits", "mnist", "cifar10")), names().toString());
    }

    @ParameterizedTest
    @MethodSource("names")
    void each_loads_and_makes_recipes_of_any_length(String name) {
        Preset preset = Presets.named(name);
        assertEquals(name, preset.name());
        for (Budget budget :
                List.of(preset.budget().budget(), Budget.steps(1000), Budget.minutes(1))) {
            if (preset.text().contains("kind: lpips")) {
                preset.requireFits(budget);
                distanceIsMissed(preset);
            } else {
                Recipe recipe = preset.recipe(budget, teacher(preset));
                assertEquals(preset.network(), recipe.network());
            }
        }
        if (preset.needsTeacher()) {
            var refused =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> preset.recipe(Budget.steps(1000)));
            assertTrue(refused.getMessage().contains("--teacher"), refused.getMessage());
        }
        Preset again =
                Preset.of(name, PresetTree.parse(preset.text(), "the resolved configuration"));
        assertEquals(preset, again);
    }

    private static void distanceIsMissed(Preset preset) {
        var refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> preset.recipe(preset.budget().budget(), teacher(preset)));
        assertTrue(refused.getMessage().contains("distance lpips"), refused.getMessage());
    }

    /** The networks whose parameters UNetNativeTest counts. */
    @ParameterizedTest
    @MethodSource("names")
    void presets_of_the_published_scale_have_its_network(String name) {
        UNetConfig network = Presets.named(name).network();
        if (name.startsWith("imagenet64-")) {
            assertEquals(UNetConfig.imagenet64(), bare(network));
        } else if (name.startsWith("bedroom256-")) {
            assertEquals(UNetConfig.bedroom256(), bare(network));
        } else if (name.startsWith("cifar10-full-")) {
            assertEquals(UNetConfig.cifar10(), bare(network));
        } else if (name.equals("ddpmpp-cifar10")) {
            assertEquals(UNetConfig.ddpmpp(), network.toBuilder().dropout(0).build());
        } else {
            assertTrue(network.modelChannels() <= 64 || name.startsWith("seed-"), name);
        }
    }

    /** Without what changes no weight: dropout, and the heads that headChannels overrules. */
    private static UNetConfig bare(UNetConfig network) {
        return network.toBuilder().dropout(0).heads(4).build();
    }

    @ParameterizedTest
    @CsvSource({
        "imagenet64-edm, 4096, 1.0e-4, 600000, 0.1",
        "imagenet64-cd, 2048, 8.0e-6, 600000, 0",
        "imagenet64-cd-lpips, 2048, 8.0e-6, 600000, 0",
        "imagenet64-ct, 2048, 1.0e-4, 800000, 0",
        "imagenet64-pd, 2048, 5.0e-5, 750000, 0",
        "bedroom256-edm, 256, 1.0e-4, 600000, 0.1",
        "bedroom256-cd, 256, 1.0e-5, 600000, 0",
        "bedroom256-cd-lpips, 256, 1.0e-5, 600000, 0",
        "bedroom256-ct, 256, 5.0e-5, 1000000, 0",
        "cifar10-full-edm, 512, 1.0e-3, 390625, 0.13",
        "cifar10-full-cd, 512, 4.0e-4, 800000, 0",
        "cifar10-full-ct, 512, 4.0e-4, 800000, 0",
        "cifar10-full-ict, 1024, 1.0e-4, 400000, 0.3",
        "cifar10-full-ect, 128, 1.0e-4, 200000, 0.2"
    })
    void presets_of_the_published_scale_have_its_numbers(
            String name, int batch, double peak, long steps, double dropout) {
        Preset preset = Presets.named(name);
        assertEquals(batch, preset.optim().batchSize());
        assertEquals(0, batch % preset.optim().microBatch().orElse(batch));
        assertEquals(peak, preset.optim().learningRate().start().at(steps));
        assertEquals(Budget.steps(steps), preset.budget().budget());
        assertEquals(dropout, preset.network().dropout());
    }

    @Test
    void curricula_of_the_published_scale_end_where_they_should() {
        Object ct =
                Presets.named(
                                "imagenet64-ct",
                                List.of("method.phases.0.objective.distance={kind: l2}"))
                        .method()
                        .phases()
                        .getFirst()
                        .objective();
        var training = assertInstanceOf(MethodObjective.CtObjective.class, ct);
        assertEquals(new ProgressiveCurriculum(2, 200, 800_000), training.curriculum());
        assertEquals(201, training.curriculum().scales(800_000));
        var chain = Presets.named("imagenet64-pd").method().phases().getFirst().objective();
        var halving = assertInstanceOf(MethodObjective.PdObjective.class, chain);
        assertEquals(
                new HalvingCurriculum(4096, 50_000),
                HalvingCurriculum.over(halving.startScales(), halving.totalSteps()));
    }

    /** Classes may be counted by the network alone, but not where one more stands for none. */
    @Test
    void classes_need_no_names() {
        assertEquals(1000, Presets.named("imagenet64-edm").network().classes());
        var refused =
                assertThrows(
                        PresetException.class,
                        () -> Presets.named("imagenet64-edm", List.of("method.label_dropout=0.1")));
        assertTrue(
                refused.getMessage().contains("contradicts data.class_names with one more"),
                refused.getMessage());
    }

    /** A denoiser of the run's images, and for presets that need one a teacher; never asked. */
    private static Supplies teacher(Preset preset) {
        return new Supplies() {
            @Override
            public Optional<Denoiser> teacher(Optional<Double> guidance) {
                return preset.needsTeacher() ? Optional.of(ideal()) : Optional.empty();
            }

            @Override
            public Denoiser ideal() {
                return (x, sigma, labels) -> x;
            }

            @Override
            public Pairs pairs(PairsConfig config) {
                return new NoPairs(config.count());
            }

            @Override
            public Lpips lpips(PresetDistance.LpipsDistance files) {
                return NONE.lpips(files);
            }
        };
    }

    private record NoPairs(int count) implements Pairs {

        @Override
        public Tensor noise(long[] numbers) {
            throw new AssertionError("nobody trains here");
        }

        @Override
        public Tensor pictures(long[] numbers) {
            throw new AssertionError("nobody trains here");
        }

        @Override
        public Optional<Tensor> labels(long[] numbers) {
            return Optional.empty();
        }
    }

    @Test
    void progressive_distillation_fills_its_run() {
        Preset preset = Presets.named("digits-pd");
        var short_ =
                assertThrows(
                        IllegalArgumentException.class, () -> preset.requireFits(Budget.steps(8)));
        assertTrue(
                short_.getMessage().contains("from 64 steps to 1 must be at least 9, but is 8"),
                short_.getMessage());
        var chain =
                preset.recipe(Budget.steps(900), teacher(preset))
                        .phases()
                        .list()
                        .getFirst()
                        .chain()
                        .orElseThrow();
        assertEquals(new TeacherChain(new HalvingCurriculum(64, 100), StageChange.AT_ONCE), chain);
    }

    @Test
    void distances_with_weights_name_their_files() {
        String lpips = "{kind: lpips, backbone: vgg16.pth, linear: lin.pth}";
        Preset preset =
                Presets.named("cifar10-ct", List.of("method.phases.0.objective.distance=" + lpips));
        var refused =
                assertThrows(
                        IllegalArgumentException.class, () -> preset.recipe(Budget.steps(1000)));
        assertTrue(refused.getMessage().contains("lpips"), refused.getMessage());
        refused =
                assertThrows(
                        PresetException.class,
                        () ->
                                Presets.named(
                                        "cifar10-ct",
                                        List.of("method.phases.0.objective.distance.kind=lpips")));
        assertTrue(refused.getMessage().contains("missing key"), refused.getMessage());
    }

    @Test
    void only_progressive_distillation_halves_its_grid() {
        String halving = "{kind: halving, start_scales: 64, steps_per_stage: 10}";
        List<String> changes =
                List.of(
                        "method.phases.0.objective.curriculum=" + halving,
                        "method.phases.0.objective.target_rate={kind: fixed, rate: 0.9}");
        var refused =
                assertThrows(
                        RuntimeException.class,
                        () -> Presets.named("mnist-ct", changes).recipe(Budget.steps(1000)));
        assertTrue(refused.getMessage().contains("kind pd"), refused.getMessage());
    }

    @Test
    void values_reach_the_recipe() {
        Recipe recipe =
                Presets.named("digits", List.of("optim.batch_size=64", "network.classes=0"))
                        .recipe(Budget.steps(10));
        assertEquals(64, recipe.batchSize());
        assertEquals(64, recipe.microBatch());
        assertEquals(0, recipe.network().classes());
        assertEquals(28, recipe.network().imageSize());
        assertEquals(new EdmScalings(0.5), recipe.scalings());
        assertEquals(Double.POSITIVE_INFINITY, recipe.clipNorm());
        assertEquals(2, recipe.phases().list().size());
    }

    @Test
    void a_curriculum_spans_its_phase() {
        Preset preset = Presets.named("mnist-ct");
        assertEquals(new ProgressiveCurriculum(2, 150, 500), curriculum(preset, Budget.steps(500)));
        assertEquals(
                new ProgressiveCurriculum(2, 150, Phases.TIMED_STEPS),
                curriculum(preset, Budget.minutes(3)));
    }

    private static Object curriculum(Preset preset, Budget budget) {
        Phases phases = preset.recipe(budget).phases();
        return ((ConsistencyTraining) phases.list().getFirst().objective()).curriculum();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    optim.batchsize=64             | unknown key 'optim.batchsize'; did you mean 'batch_size'?
                    optm.batch_size=64             | unknown section 'optm'; did you mean 'optim'?
                    optim.batch_size=many          | optim.batch_size: expected a whole number, found "many"
                    optim.batch_size=1.5           | optim.batch_size: expected a whole number, found 1.5
                    optim.batch_size               | 'optim.batch_size' is no override
                    method.scalings.kind=edn       | method.scalings.kind: there is no 'edn'; did you mean 'edm'?
                    method.phases.2.share=1        | '2' is no entry of a list of 2
                    method.phases.0.objective.weighting=etc | there is no 'etc'; did you mean 'ect'?
                    network.in_channels=3          | network.in_channels is 3, which contradicts data.channels, 1
                    network.classes=9              | network.classes is 9, which contradicts data.class_names, 10
                    sampling.average=0.99          | sampling.average is '0.99', but optim.averages are [halflife-44000]
                    sampling.sigmas.2=[80]         | sigmas of 2 steps are [80.0], which are 1
                    sampling.storage=i64           | weights are stored as f32, f16 or bf16
                    optim.learning_rate.start={kind: linear-to-zero, peak: 1, total_steps: 5} | learning_rate.tail
                    budget.steps=10                | budget needs either steps or minutes
                    network.model_channels=30      | network: a level has 30 channels
                    data={}                        | missing key 'data.dataset'
                    """)
    void mistakes_are_named(String override, String message) {
        var refused =
                assertThrows(
                        PresetException.class, () -> Presets.named("digits", List.of(override)));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    @Test
    void names_are_suggested() {
        var refused = assertThrows(PresetException.class, () -> Presets.named("digit"));
        assertEquals("there is no preset 'digit'; did you mean 'digits'?", refused.getMessage());
    }

    @Test
    void a_preset_of_ones_own_may_build_on_another() throws Exception {
        Path own = folder.resolve("own.yaml");
        Files.writeString(own, "base: digits\noptim: {batch_size: 32}\nbudget: {minutes: 2}\n");
        Preset preset = Presets.named(own.toString());
        assertEquals("own", preset.name());
        assertEquals(32, preset.optim().batchSize());
        assertEquals(Budget.minutes(2), preset.budget().budget());
        assertEquals(Presets.named("digits").network(), preset.network());
    }

    @Test
    void text_that_is_no_preset_is_refused_with_its_line() throws Exception {
        Path own = folder.resolve("own.yaml");
        Files.writeString(own, "data:\n  dataset: [mnist\n");
        var refused = assertThrows(PresetException.class, () -> Presets.named(own.toString()));
        assertTrue(refused.getMessage().startsWith("own.yaml, line "), refused.getMessage());
    }

    @Test
    void records_survive_a_tree() {
        UNetConfig config = UNetConfig.mnist32();
        var tree = RecordWriter.write(config);
        assertEquals(config, new RecordReader(Map.of()).read(tree, UNetConfig.class, ""));
    }
}
