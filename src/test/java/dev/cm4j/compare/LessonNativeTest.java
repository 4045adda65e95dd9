package dev.cm4j.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.DataConfig;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.train.Snapshots;
import dev.cm4j.train.StepListener;
import dev.cm4j.train.StepRecord;
import dev.cm4j.train.TrainState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An entry is trained as {@code cm4j train} trains it. */
class LessonNativeTest {

    private static final String FILE =
            """
            title: Tiny
            datasets:
              - {name: digits, data: digits, metric: fid-random, pictures: 2}
            entries:
              - name: EDM
                dataset: digits
                train:
                  preset: digits-edm
                  steps: 2
                  set:
                    - network.res_blocks=1
                    - network.channel_mult=[1]
                    - network.attention_resolutions=[]
                    - optim.batch_size=4
                    - "optim.averages=[{kind: power, sigma_rel: 0.05}]"
                    - optim.snapshots.every=1
                    - sampling.average=power-0.05
            """;

    @TempDir Path folder;
    private final List<Long> limits = new ArrayList<>();

    private Workplace place() {
        return new Workplace(
                folder,
                DataConfig.defaults().withDownload(false),
                Device.CPU,
                Precision.F32,
                4,
                Object::toString,
                Throwable::getMessage,
                _ -> {},
                () ->
                        new StepListener() {
                            @Override
                            public void onStep(StepRecord step, TrainState state) {
                                limits.add(NativeMemory.limit());
                            }
                        });
    }

    @Test
    void snapshotsAreKeptAndMemoryIsLimitedAsInAnyTraining() {
        ComparisonConfig config = ComparisonFile.parse(FILE, "test.yaml");
        EntryConfig entry = config.entry("EDM");
        Path run;
        try (EnergyMeter meter = EnergyMeter.ofProcessor(folder)) {
            run =
                    new Lesson(entry, config.dataset("digits"), place())
                            .learn(Optional.empty(), meter, _ -> {})
                            .orElseThrow();
        }
        assertEquals(
                List.of(1L, 2L),
                new Snapshots(run).list().stream().map(Snapshots.Snapshot::step).toList());
        assertEquals(2, limits.size());
        assertTrue(limits.getFirst() > 0, "no limit on memory while it trains");
        assertEquals(0, NativeMemory.limit());
    }
}
