package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.data.Dataset;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a run's folder says about the run: tables, sessions, facts. */
@ExtendWith(NoLeaks.class)
class RunTablesTest {

    @TempDir Path folder;

    @Test
    void sessions_add_up_and_tables_go_on() throws Exception {
        var preset = TinyRuns.preset("digits");
        Path table = RunFolder.metrics(folder);
        ScoresCsv scores = new ScoresCsv(RunFolder.scores(folder));
        try (Dataset data = TinyRuns.digits()) {
            Run first = TinyRuns.run(preset, folder, 2);
            try (TrainState state = Resume.begin(first)) {
                new Trainer(first, data, List.of(new MetricsCsv(table, 1))).train(state);
                scores.add(state, new LinkedHashMap<>(Map.of("fid_digits", 12.5)));
            }
            Files.writeString(
                    RunFolder.scores(folder), Files.readString(RunFolder.scores(folder)) + "3,to");
            Run second = TinyRuns.run(preset, folder, 3);
            try (TrainState state = Resume.resume(second, data.fingerprint(), notice -> {})) {
                new Trainer(second, data, List.of(new MetricsCsv(table, 1))).train(state);
                scores.add(state, new LinkedHashMap<>(Map.of("fid_digits", 11.5)));
            }
            assertEquals(Map.of(2L, 12.5, 3L, 11.5), scores.byStep());

            MetricsTable read = MetricsTable.read(table);
            assertArrayEquals(new double[] {1, 2, 3}, read.column("step"));
            List<String> drifts =
                    read.columns().stream().filter(c -> c.startsWith("drift_")).toList();
            assertEquals(preset.recipe(Budget.steps(3)).averages().size(), drifts.size());
            double[] drift = read.column(drifts.getFirst());
            assertTrue(drift[2] > 0 && drift[2] < 1, "an average falls behind");

            RunDescription said = RunDescription.read(folder);
            assertEquals(List.of(0L, 2L), starts(said));
            assertEquals(data.fingerprint(), said.data());
            assertEquals(TinyRuns.SEED, said.seed());
            assertEquals("3 steps", said.length());
            assertEquals(List.of("test"), said.sessions().getFirst().command());
            assertTrue(said.sessions().getFirst().hardware().containsKey("cores"));
            assertTrue(said.sessions().getFirst().versions().containsKey("libtorch"));
            assertEquals(first.configuration(), said.configuration());
            assertEquals("2", RunFolder.facts(folder).get("first step"));
            assertTrue(Files.readString(folder.resolve("README.md")).contains("report.html"));
        }
    }

    private static List<Long> starts(RunDescription said) {
        return said.sessions().stream().map(RunDescription.Session::firstStep).toList();
    }

    @Test
    void a_table_of_an_older_version_gets_its_columns() throws Exception {
        Path file = RunFolder.metrics(folder);
        var preset = TinyRuns.preset("digits");
        try (Dataset data = TinyRuns.digits()) {
            Run run = TinyRuns.run(preset, folder, 2);
            try (TrainState state = Resume.begin(run)) {
                new Trainer(run, data, List.of(new MetricsCsv(file, 1))).train(state);
            }
            List<String> old =
                    Files.readAllLines(file).stream()
                            .map(line -> String.join(",", List.of(line.split(",")).subList(0, 16)))
                            .toList();
            Files.write(file, old);
            Run more = TinyRuns.run(preset, folder, 3);
            try (TrainState state = Resume.resume(more, data.fingerprint(), notice -> {})) {
                new Trainer(more, data, List.of(new MetricsCsv(file, 1))).train(state);
            }
        }
        MetricsTable read = MetricsTable.read(file);
        assertArrayEquals(new double[] {1, 2, 3}, read.column("step"));
        List<String> columns = read.columns();
        double[] drift = read.column(columns.get(columns.indexOf("loss_scale") - 1));
        assertTrue(Double.isNaN(drift[0]) && drift[2] > 0);
        double[] norm = read.column("update_norm");
        assertTrue(Double.isNaN(norm[0]) && norm[2] > 0);
    }

    @Test
    void a_description_that_is_none_is_refused() throws Exception {
        var absent = assertThrows(FormatException.class, () -> RunDescription.read(folder));
        assertTrue(absent.getMessage().contains("run.json"), absent.getMessage());
        Files.writeString(RunFolder.description(folder), "{\"format\": 1}");
        assertThrows(FormatException.class, () -> RunDescription.read(folder));
    }
}
