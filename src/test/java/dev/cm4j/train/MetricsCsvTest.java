package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.tensor.Scope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Means of steps, and rows of a table that survives a resume. */
class MetricsCsvTest {

    @TempDir Path folder;

    private static StepRecord record(long step, double loss, double norm, double speed) {
        return new StepRecord(
                step,
                0.5,
                1,
                loss,
                List.of(1.0, 2.0, 3.0, loss),
                norm,
                1e-3,
                4,
                0,
                10,
                step * 10,
                step,
                speed,
                0,
                20.001);
    }

    @Test
    void means() {
        StepRecord mean =
                StepRecord.mean(List.of(record(1, 2, Double.NaN, 100), record(2, 4, 6, 50)));
        assertEquals(2, mean.step());
        assertEquals(3, mean.loss());
        assertEquals(6, mean.gradientNorm());
        assertEquals(List.of(1.0, 2.0, 3.0, 3.0), mean.lossByNoise());
        assertEquals(20 / 0.3, mean.imagesPerSecond(), 1e-9);
    }

    @Test
    void a_row_per_few_steps() throws Exception {
        Path file = folder.resolve("metrics.csv");
        Files.writeString(file, "old header\n1,torn");
        MetricsCsv table = new MetricsCsv(file, 2);
        table.rewind(0);
        Recipe recipe = TinyRuns.preset("digits").recipe(Budget.steps(4));
        double norm;
        try (TrainState state = TrainState.create(recipe, 0);
                Scope _ = Scope.open()) {
            norm = state.online().weights().norm().item();
            for (int k = 1; k <= 4; k++) {
                table.onStep(record(k, k, 1, 100), state);
            }
        }
        List<String> rows = Files.readAllLines(file);
        assertEquals(3, rows.size());
        assertEquals(
                "2,0.500000,1,20,2.00000,1.50000,1.00000,2.00000,3.00000,1.50000,1.00000,"
                        + "0.00100000,4,0.00000,100.000,0,20.0010,"
                        + String.format(Locale.ROOT, "%.6g,", norm),
                rows.get(1));
        table.rewind(2); // resume from step 2 writes step 4 again
        assertEquals(rows.subList(0, 2), Files.readAllLines(file));
    }
}
