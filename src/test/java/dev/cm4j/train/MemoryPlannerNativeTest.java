package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.foreign.TorchOutOfMemoryException;
import dev.cm4j.nn.Precision;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.testing.NoLeaks;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plans hold: a step takes what was planned, and fits where the planner says so. */
@ExtendWith(NoLeaks.class)
class MemoryPlannerNativeTest {

    private static Recipe recipe(String preset) {
        return TinyRuns.preset(preset, "network.channel_mult=[1,2]").recipe(Budget.steps(10));
    }

    @ParameterizedTest
    @CsvSource({
        "digits, F32, 16, false",
        "digits, F32, 4, false",
        "digits, F32, 16, true",
        "digits, BF16, 16, false",
        "digits, BF16, 4, false",
        "mnist-ct, F32, 16, false",
        "mnist-ct, BF16, 8, false",
        "mnist-ict, BF16, 16, false",
        "cifar10, F32, 8, false",
    })
    void a_step_takes_what_was_planned(
            String preset, Precision precision, int microBatch, boolean checkpointing) {
        Recipe recipe = recipe(preset).withMicroBatch(microBatch);
        MemoryPlan plan =
                MemoryPlanner.of(recipe, precision).plan(recipe.microBatch(), checkpointing);
        long measured = MeasuredMemory.ofStep(recipe, precision, checkpointing);
        double ratio = (double) plan.total() / measured;
        assertTrue(ratio > 0.87 && ratio < 1.15, plan + " against " + measured + ": " + ratio);
    }

    /** Teachers as large as their students and larger. */
    @ParameterizedTest
    @CsvSource({
        "digits-cd, F32, 16, 1",
        "digits-cd, BF16, 8, 1",
        "digits-cd, F32, 8, 4",
        "digits-cd, BF16, 8, 8",
        "digits-pd, F32, 16, 1",
        "digits-kd, BF16, 16, 1",
    })
    void a_step_with_a_teacher_takes_what_was_planned(
            String name, Precision precision, int microBatch, int wider) {
        String[] shape = {"network.channel_mult=[1,2]"};
        Preset preset = TinyRuns.preset(name, shape);
        Preset large = TinyRuns.preset(name, "network.channel_mult=[%d]".formatted(wider));
        try (TinyTeacher teacher = TinyTeacher.of(wider > 1 ? large : preset)) {
            teacher.net().precision(precision);
            Recipe recipe = preset.recipe(Budget.steps(10), teacher).withMicroBatch(microBatch);
            boolean passes = !name.equals("digits-kd"); // whose pairs are there before
            MemoryPlan plan =
                    MemoryPlanner.of(
                                    recipe,
                                    precision,
                                    Optional.of(teacher.net().config()).filter(_ -> passes))
                            .plan(microBatch, false);
            long measured = MeasuredMemory.ofStep(recipe, precision, false);
            double ratio = (double) plan.total() / measured;
            assertTrue(ratio > 0.87 && ratio < 1.2, plan + " against " + measured + ": " + ratio);
        }
    }

    @Test
    void the_features_of_a_distance_are_planned() {
        Preset preset =
                TinyRuns.preset(
                        "cifar10-cd",
                        "method.phases.0.objective.distance="
                                + "{kind: lpips, backbone: none, linear: none}");
        try (TinyTeacher teacher = TinyTeacher.of(preset)) {
            Recipe recipe = preset.recipe(Budget.steps(10), teacher).withMicroBatch(4);
            MemoryPlan plan =
                    MemoryPlanner.of(recipe, Precision.F32, Optional.of(teacher.net().config()))
                            .plan(4, false);
            long measured = MeasuredMemory.ofStep(recipe, Precision.F32, false);
            double ratio = (double) plan.total() / measured;
            assertTrue(plan.distance() > plan.total() / 4, plan.toString());
            assertTrue(ratio > 0.87 && ratio < 1.15, plan + " against " + measured + ": " + ratio);
        }
    }

    @ParameterizedTest
    @CsvSource({"F32", "BF16"})
    void the_largest_parts_that_fit_are_chosen(Precision precision) {
        MemoryPlanner planner = MemoryPlanner.of(recipe("digits"), precision);
        MemoryPlan whole = planner.plan(16, false);
        assertEquals(whole, planner.within(whole.needed()).orElseThrow());
        MemoryPlan halves = planner.within(whole.needed() - 1).orElseThrow();
        assertEquals(8, halves.microBatch());
        assertEquals(2, halves.parts());
        assertTrue(halves.needed() < whole.needed());
        assertTrue(planner.within(planner.smallest().needed()).isPresent());
        assertFalse(planner.within(planner.smallest().needed() - 1).isPresent());
    }

    @Test
    void blocks_are_recomputed_where_single_images_do_not_fit() {
        MemoryPlanner planner = MemoryPlanner.of(recipe("digits"), Precision.F32);
        MemoryPlan single = planner.plan(1, false);
        MemoryPlan again = planner.within(single.needed() - 1).orElseThrow();
        assertTrue(again.checkpointing());
        assertTrue(again.needed() < single.needed());
        assertEquals(again, planner.within(again.microBatch(), single.needed() - 1).orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({"F32", "BF16"})
    void a_plan_within_a_limit_runs_within_it(Precision precision) {
        Recipe recipe = recipe("digits");
        MemoryPlanner planner = MemoryPlanner.of(recipe, precision);
        long limit = planner.plan(8, false).needed();
        MemoryPlan plan = planner.within(limit).orElseThrow();
        long before = NativeMemory.now();
        NativeMemory.limit(before + limit + limit / 20); // what is modelled may be a little more
        try {
            MeasuredMemory.ofStep(recipe.withMicroBatch(plan.microBatch()), precision, false);
            assertTrue(NativeMemory.peak() <= NativeMemory.limit());
            NativeMemory.limit(before + limit / 2);
            Assertions.assertThrows(
                    TorchOutOfMemoryException.class,
                    () -> MeasuredMemory.ofStep(recipe, precision, false));
        } finally {
            NativeMemory.limit(0);
        }
        assertEquals(before, NativeMemory.now());
    }
}
