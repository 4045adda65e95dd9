package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a step is how far the weights moved. */
@ExtendWith(NoLeaks.class)
class WeightNormsNativeTest {

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({"adam, 0", "adam, 0.1", "adamw, 0.1", "radam, 0", "radam, 0.1"})
    void the_update_is_the_distance_of_the_weights(String kind, double decay) {
        Preset preset =
                TinyRuns.preset(
                        "digits",
                        "optim.optimizer={kind: %s, beta1: 0.9, beta2: 0.95, eps: 1.0e-3, weight_decay: %s}"
                                .formatted(kind, decay),
                        "optim.learning_rate.start={kind: constant, peak: 0.01}");
        Run run = TinyRuns.run(preset, folder, 9); // of radam five before it divides by v, and four
        try (Dataset data = TinyRuns.digits();
                Scope _ = Scope.open();
                TrainState state = Resume.begin(run)) {
            Tensor[] before = {state.online().weights().copy()};
            assertTrue(Double.isNaN(WeightNorms.of(state, 0.01).update()));
            StepListener compared =
                    new StepListener() {
                        @Override
                        public void onStep(StepRecord step, TrainState now) {
                            Tensor weights = now.online().weights();
                            double moved = weights.minus(before[0]).norm().item();
                            WeightNorms said = WeightNorms.of(now, step.learningRate());
                            assertEquals(weights.norm().item(), said.weights(), 1e-9);
                            assertTrue(moved > 0, "step " + step.step());
                            assertEquals(moved, said.update(), 1e-3 * moved, "" + step.step());
                            before[0] = weights.copy();
                        }
                    };
            new Trainer(run, data, List.of(compared)).train(state);
        }
    }
}
