package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Batches;
import dev.cm4j.data.Dataset;
import dev.cm4j.loss.Objective;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.PresetException;
import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.NoLeaks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Training for guidance without a classifier: some images lose their class, always the same. */
@ExtendWith(NoLeaks.class)
class LabelDropoutNativeTest {

    private static final String[] HALF = {"network.classes=11", "method.label_dropout=0.5"};

    /** The labels that an objective meets in some steps of 16 images. */
    private static List<long[]> labels(Preset preset, int microBatch) {
        List<long[]> met = new ArrayList<>();
        Recipe plain = preset.recipe(Budget.steps(10)).withMicroBatch(microBatch);
        Objective real = plain.phases().list().getFirst().objective();
        Objective spy =
                (x0, labels, step, online, target) -> {
                    met.add(labels.orElseThrow().toLongs());
                    return real.evaluate(x0, labels, step, online, target);
                };
        Recipe spied =
                TinyRuns.changed(
                        plain, new Phases(List.of(new Phase("spy", 1, spy))), plain.labelDropout());
        TrainingStep step = new TrainingStep(TinyRuns.SEED);
        try (Dataset data = TinyRuns.digits();
                TrainState state = TrainState.create(spied, TinyRuns.SEED)) {
            Batches batches = new Batches(data, 16, 1, false);
            for (int k = 0; k < 10; k++) {
                try (Scope _ = Scope.open()) {
                    step.take(state, batches.at(k), new Progress(k, 10, k / 10.0));
                }
            }
        }
        return met;
    }

    @Test
    void about_half_the_images_lose_their_class_whatever_the_micro_batch() {
        Preset preset = TinyRuns.preset("digits-edm", HALF);
        long[] whole = flat(labels(preset, 16));
        long dropped = Arrays.stream(whole).filter(y -> y == 10).count();
        assertEquals(160, whole.length);
        assertTrue(dropped > 55 && dropped < 105, dropped + " of 160 dropped");
        assertEquals(Arrays.toString(whole), Arrays.toString(flat(labels(preset, 4))));
    }

    private static long[] flat(List<long[]> parts) {
        return parts.stream().flatMapToLong(Arrays::stream).toArray();
    }

    @Test
    void the_table_needs_a_row_for_none() {
        var refused =
                assertThrows(
                        PresetException.class,
                        () -> TinyRuns.preset("digits-edm", "method.label_dropout=0.1"));
        assertTrue(
                refused.getMessage()
                        .contains(
                                "network.classes is 10, which contradicts data.class_names with one"
                                        + " more for none, 11"),
                refused.getMessage());
        refused =
                assertThrows(
                        PresetException.class,
                        () ->
                                TinyRuns.preset(
                                        "digits-edm",
                                        "method.label_dropout=0.1",
                                        "network.classes=0"));
        assertTrue(refused.getMessage().contains("no label to drop"), refused.getMessage());
    }
}
