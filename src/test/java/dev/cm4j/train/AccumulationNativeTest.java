package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Batch;
import dev.cm4j.loss.LossTerms;
import dev.cm4j.loss.Objective;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How parts of a batch become one gradient, where the last part is a smaller one. */
@ExtendWith(NoLeaks.class)
class AccumulationNativeTest {

    private static final int IMAGES = 5;

    private final List<Long> parts = new ArrayList<>();

    /** The mean output at one noise level: the same for any number of equal images. */
    private final Objective mean =
            (x0, labels, at, online, target) -> {
                parts.add(x0.size(0));
                double[] sigma = new double[Math.toIntExact(x0.size(0))];
                Arrays.fill(sigma, 0.5);
                try (var _ = Gradients.enabled()) {
                    Tensor out = online.denoise(x0, sigma, labels, 0);
                    Tensor each = out.reshape(sigma.length, -1).sum(1);
                    return new LossTerms(each.mean(), each.detach(), sigma);
                }
            };

    private Recipe recipe(int microBatch, Accumulation accumulation) {
        Recipe recipe =
                TinyRuns.preset("digits-edm", "network.dropout=0", "network.classes=0")
                        .recipe(Budget.steps(10));
        Phase phase = new Phase("mean", 1, mean);
        return new Recipe(
                recipe.network(),
                recipe.scalings(),
                recipe.time(),
                new Phases(List.of(phase)),
                recipe.learningRate(),
                recipe.optimizer(),
                recipe.clipNorm(),
                recipe.averages(),
                IMAGES,
                microBatch,
                false,
                accumulation,
                0);
    }

    private double norm(Recipe recipe) {
        parts.clear();
        try (Scope _ = Scope.open();
                TrainState state = TrainState.create(recipe, 4)) {
            // zero weights at the end of the network would hide every gradient before them
            state.online().weights().assign(state.online().weights().plus(.01));
            Batch batch =
                    new Batch(Tensor.zeros(DType.F32, IMAGES, 1, 16, 16), Optional.empty(), 0);
            return new TrainingStep(0).take(state, batch, new Progress(0, 10, 0)).gradientNorm();
        }
    }

    @Test
    void a_smaller_last_part_counts_as_much_as_the_others_where_parts_are_summed() {
        double whole = norm(recipe(IMAGES, Accumulation.BY_SHARE));
        assertEquals(List.of(5L), parts);
        assertTrue(whole > 0, "a gradient of " + whole);
        double summed = norm(recipe(2, Accumulation.SUMMED));
        assertEquals(List.of(2L, 2L, 1L), parts);
        assertEquals(3 * whole, summed, 1e-4 * summed);
        double single = norm(recipe(1, Accumulation.BY_SHARE));
        assertEquals(List.of(1L, 1L, 1L, 1L, 1L), parts);
        assertEquals(whole, single, 1e-4 * whole);
    }

    @Test
    void equal_parts_are_asked_for_where_they_count_by_their_share() {
        var refused =
                assertThrows(
                        IllegalArgumentException.class, () -> recipe(2, Accumulation.BY_SHARE));
        assertTrue(refused.getMessage().contains("not a multiple"), refused.getMessage());
    }

    @Test
    void a_plan_counts_the_smaller_part() {
        MemoryPlan plan =
                MemoryPlanner.of(recipe(2, Accumulation.SUMMED), Precision.F32).plan(2, false);
        assertEquals(3, plan.parts());
    }
}
