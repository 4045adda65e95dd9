package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.data.Digits;
import dev.cm4j.loss.LossTerms;
import dev.cm4j.loss.Objective;
import dev.cm4j.nn.Precision;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop as a whole, on a tiny network. */
@ExtendWith(NoLeaks.class)
class TrainerNativeTest {

    @TempDir Path folder;

    @Test
    void a_few_images_are_learnt() {
        Preset preset =
                TinyRuns.preset(
                        "digits",
                        "network.dropout=0",
                        "optim.learning_rate.start.warm_up_steps=5",
                        "method.phases.0.share=0.9",
                        "method.phases.1.share=0.55",
                        "method.phases.0.objective.weighting=uniform");
        Run run = TinyRuns.run(preset, folder, 70);
        var recorder = new TinyRuns.Recorder();
        try (Dataset data = TinyRuns.digits(4);
                TrainState state = Resume.begin(run)) {
            assertEquals(
                    StopReason.FINISHED, new Trainer(run, data, List.of(recorder)).train(state));
        }
        // the denoising phase has one loss throughout: its beginning against its end
        List<Double> losses = recorder.losses();
        double early = mean(losses.subList(0, 5));
        double late = mean(losses.subList(35, 43));
        assertTrue(late < 0.7 * early, "loss " + early + " became " + late);
        assertEquals(0, recorder.steps.getFirst().phase());
        assertEquals(-1, recorder.steps.getFirst().scales());
        assertEquals(1, recorder.steps.getLast().phase());
        assertEquals(4, recorder.steps.getLast().scales());
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    @Test
    void no_native_object_is_left_by_a_step() {
        Run run = TinyRuns.run(TinyRuns.preset("mnist-ct"), folder, 12);
        List<NoLeaks.Counts> counts = new ArrayList<>();
        StepListener counter =
                new StepListener() {
                    @Override
                    public void onStep(StepRecord step, TrainState state) {
                        counts.add(NoLeaks.Counts.now());
                    }
                };
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.begin(run)) {
            new Trainer(run, data, List.of(counter)).train(state);
        }
        for (NoLeaks.Counts later : counts.subList(2, counts.size())) {
            assertEquals(List.of(), counts.get(1).differences(later));
        }
    }

    @Test
    void micro_batches_give_the_gradient_of_the_batch() {
        List<Double> whole = losses(TinyRuns.preset("digits", "network.dropout=0"), "whole");
        List<Double> parts =
                losses(
                        TinyRuns.preset("digits", "network.dropout=0", "optim.micro_batch=4"),
                        "parts");
        for (int i = 0; i < whole.size(); i++) {
            assertEquals(whole.get(i), parts.get(i), 1e-3 * Math.abs(whole.get(i)), "step " + i);
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 0.01", "BF16, 0.03"})
    void micro_batches_meet_the_same_dropout_masks(Precision precision, double allowed) {
        Preset preset = TinyRuns.preset("mnist-ict");
        float[] start;
        try (TrainState state = TrainState.create(preset.recipe(Budget.steps(8)), TinyRuns.SEED);
                Scope _ = Scope.open()) {
            start = state.online().weights().toFloats();
        }
        float[] whole = weightsAfter(preset, 8, precision, "one");
        for (int part : new int[] {8, 2}) {
            Preset cut = TinyRuns.preset("mnist-ict", "optim.micro_batch=" + part);
            double apart = distance(weightsAfter(cut, 8, precision, "parts-" + part), whole);
            double moved = distance(whole, start);
            assertTrue(apart < allowed * moved, apart + " of " + moved + " in parts of " + part);
        }
    }

    private List<Double> losses(Preset preset, String name) {
        Run run = TinyRuns.run(preset, folder.resolve(name), 5);
        var recorder = new TinyRuns.Recorder();
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.begin(run)) {
            new Trainer(run, data, List.of(recorder)).train(state);
        }
        return recorder.losses();
    }

    @Test
    void clipping_bounds_the_first_step() {
        Preset free = TinyRuns.preset("digits", "optim.learning_rate.start.warm_up_steps=0");
        Preset clipped =
                TinyRuns.preset(
                        "digits",
                        "optim.learning_rate.start.warm_up_steps=0",
                        "optim.clip_norm=1.0e-9");
        float[] start;
        float[] freely = weightsAfter(free, 1, "free");
        float[] bounded = weightsAfter(clipped, 1, "clipped");
        try (TrainState state = TrainState.create(free.recipe(Budget.steps(1)), TinyRuns.SEED);
                Scope _ = Scope.open()) {
            start = state.online().weights().toFloats();
        }
        // Adam divides by the gradient's size, so only its eps lets a clipped gradient step less
        assertTrue(distance(start, bounded) < 0.5 * distance(start, freely));
    }

    private float[] weightsAfter(Preset preset, long steps, String name) {
        return weightsAfter(preset, steps, Precision.F32, name);
    }

    private float[] weightsAfter(Preset preset, long steps, Precision precision, String name) {
        Run run = TinyRuns.run(preset, folder.resolve(name), steps, precision);
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.begin(run);
                Scope _ = Scope.open()) {
            new Trainer(run, data, List.of()).train(state);
            return state.online().weights().toFloats();
        }
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.abs(a[i] - b[i]);
        }
        return sum;
    }

    @Test
    void steps_that_are_not_finite_are_skipped_and_in_a_row_end_the_run() throws Exception {
        Recipe recipe = TinyRuns.preset("digits").recipe(Budget.steps(100));
        Run run = withObjective(TinyRuns.run(TinyRuns.preset("digits"), folder, 100), recipe);
        var recorder = new TinyRuns.Recorder();
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.begin(run)) {
            List<Long> skips = new ArrayList<>();
            StepListener watcher =
                    new StepListener() {
                        @Override
                        public void onSkip(String where, TrainState now) {
                            skips.add(now.step());
                        }
                    };
            var trainer = new Trainer(run, data, List.of(recorder, watcher));
            var diverged =
                    assertThrows(TrainingDivergedException.class, () -> trainer.train(state));
            String message = diverged.getMessage();
            assertTrue(message.contains("20 steps in a row after step 4, first in"), message);
            assertTrue(message.contains("the loss of a sample at noise level"), message);
            assertTrue(message.contains("the gradient of out.2.bias (module out.2;"), message);
            assertEquals(List.of(3L, 4L), skips);
            // batch 3 was not finite, and none from batch 5 on
            assertEquals(4, state.step());
            assertEquals(21, state.counters().skipped());
        }
        assertEquals(
                List.of(1L, 2L, 3L, 4L), recorder.steps.stream().map(StepRecord::step).toList());
        assertEquals(1, recorder.steps.getLast().skippedSteps());
        assertEquals("ckpt-00000004\n", Files.readString(folder.resolve("latest")));
    }

    @Test
    void what_is_not_finite_is_named() {
        Run run = TinyRuns.run(TinyRuns.preset("mnist-ct"), folder, 1);
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.begin(run);
                Scope _ = Scope.open()) {
            new Trainer(run, data, List.of()).train(state);
            Tensor images = Tensor.zeros(DType.F32, 1, 1, 16, 16);
            var net = state.online();
            assertEquals(Optional.empty(), NonFiniteSearch.before(state, images));
            assertEquals(
                    "nothing that the plain path meets, too",
                    NonFiniteSearch.during(state, NoiseLosses::new));

            net.gradient("time_embed.0.weight").fill(Double.NaN);
            net.gradient("middle_block.0.in_layers.2.bias").fill(Double.POSITIVE_INFINITY);
            String where = NonFiniteSearch.during(state, NoiseLosses::new);
            assertTrue(
                    where.startsWith(
                            "the gradient of middle_block.0.in_layers.2.bias (module"
                                    + " middle_block.0; 2 of "),
                    where);

            images.fill(Double.NaN);
            assertEquals(
                    Optional.of("the images of the batch"), NonFiniteSearch.before(state, images));
            state.target()
                    .orElseThrow()
                    .parameter("input_blocks.1.0.in_layers.2.bias")
                    .fill(Double.NEGATIVE_INFINITY);
            assertEquals(
                    Optional.of("the target's weight input_blocks.1.0.in_layers.2.bias"),
                    NonFiniteSearch.before(state, images));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void the_module_is_named_whose_output_is_not_finite(boolean ofTarget) {
        Run run = TinyRuns.run(TinyRuns.preset("mnist-ct"), folder, 1);
        List<String> found = new ArrayList<>();
        StepListener watcher =
                new StepListener() {
                    @Override
                    public void onSkip(String where, TrainState now) {
                        found.add(where);
                    }
                };
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.begin(run);
                Scope _ = Scope.open()) {
            var net = ofTarget ? state.target().orElseThrow() : state.online();
            // finite itself, but not what it gives
            net.parameter("output_blocks.0.0.out_layers.3.weight").fill(3e38);
            var trainer = new Trainer(run, data, List.of(watcher));
            assertThrows(TrainingDivergedException.class, () -> trainer.train(state));
            String module = (ofTarget ? "target's " : "") + "output_blocks.0.0";
            assertEquals(1, found.size());
            assertTrue(
                    found.getFirst().startsWith("the output of " + module + ", then the loss"),
                    found.getFirst());
            assertEquals(Optional.of("output_blocks.0.0"), net.fault());
        }
    }

    /** A loss that is NaN for batch 3 and from batch 5 on. */
    private static Run withObjective(Run run, Recipe recipe) {
        Objective real = recipe.phases().list().getFirst().objective();
        Objective sometimes =
                (x0, labels, step, online, target) -> {
                    LossTerms terms = real.evaluate(x0, labels, step, online, target);
                    long batch = step.firstSample() / recipe.batchSize();
                    if (batch != 3 && batch < 5) {
                        return terms;
                    }
                    try (var _ = Gradients.enabled()) {
                        Tensor nan = terms.loss().times(Double.NaN);
                        Tensor each = Tensor.full(Double.NaN, DType.F32, terms.perSample().shape());
                        return new LossTerms(nan, each, terms.sigma());
                    }
                };
        Phase phase = new Phase("sometimes", 1, sometimes);
        Recipe changed =
                TinyRuns.changed(recipe, new Phases(List.of(phase)), recipe.labelDropout());
        return withRecipe(run, changed);
    }

    private static Run withRecipe(Run run, Recipe recipe) {
        return new Run(
                run.folder(),
                run.preset(),
                recipe,
                run.budget(),
                run.seed(),
                run.precision(),
                run.checkpoints(),
                run.configuration(),
                run.configurationText(),
                run.command());
    }

    @Test
    void a_run_of_a_given_time_ends_and_goes_through_its_phases() {
        Run run =
                TinyRuns.run(
                        TinyRuns.preset("digits"),
                        folder,
                        new Budget.Seconds(1.5),
                        CheckpointPolicy.atEnd());
        var recorder = new TinyRuns.Recorder();
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.begin(run)) {
            assertEquals(
                    StopReason.FINISHED, new Trainer(run, data, List.of(recorder)).train(state));
            assertTrue(state.counters().seconds() >= 1.5);
        }
        assertEquals(0, recorder.steps.getFirst().phase());
        assertEquals(1, recorder.steps.getLast().phase());
        assertTrue(recorder.steps.getLast().learningRate() < 1e-3);
        assertTrue(Files.exists(folder.resolve("run.txt")));
        assertTrue(Files.exists(folder.resolve("config.yaml")));
    }

    @Test
    void data_of_another_size_are_refused_before_the_first_step() {
        Run run = TinyRuns.run(TinyRuns.preset("digits"), folder, 1);
        try (Dataset data = Digits.of(4, 28, 0)) {
            var refused =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> new Trainer(run, data, List.of()));
            assertEquals(
                    "images of 28x28 pixels do not fit a network for 16x16", refused.getMessage());
        }
    }

    @Test
    void dropped_labels_need_a_row_of_their_own() {
        Run run = TinyRuns.run(TinyRuns.preset("digits"), folder, 1);
        Recipe recipe = run.recipe();
        Recipe dropping = TinyRuns.changed(recipe, recipe.phases(), 0.1);
        try (Dataset data = TinyRuns.digits()) {
            var refused =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> new Trainer(withRecipe(run, dropping), data, List.of()));
            assertEquals(
                    "data of 10 classes do not fit a network of 10, one of them for none,"
                            + " network.classes",
                    refused.getMessage());
        }
    }
}
