package dev.cm4j.train;

import dev.cm4j.RunImages;
import dev.cm4j.RunSupplies;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.Digits;
import dev.cm4j.nn.Precision;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import dev.cm4j.preset.Supplies;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Threads;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs that take a second: any preset on a network of one level and drawn digits of 16x16. */
final class TinyRuns {

    static final long SEED = 5;

    private static final List<String> TINY =
            List.of(
                    "data.height=16",
                    "data.width=16",
                    "network.channel_mult=[1]",
                    "network.res_blocks=1",
                    "network.attention_resolutions=[]",
                    "network.dropout=0.1",
                    "optim.batch_size=16");

    private static final List<String> TINY_SEED =
            List.of(
                    "data.height=16",
                    "data.width=16",
                    "network.model_channels=32",
                    "optim.batch_size=16");

    private static final List<String> TINY_SONG =
            List.of("data.channels=1", "network.model_channels=16");

    private TinyRuns() {}

    static Dataset digits() {
        return digits(48);
    }

    static Dataset digits(int count) {
        Threads.set(1); // the work is too small to share
        return Digits.of(count, 16, 0);
    }

    /** What a run on these images is given. */
    static RunSupplies supplies(Dataset images) {
        return new RunSupplies(
                Path.of(""),
                SEED,
                Optional.empty(),
                Optional.of(new RunImages(images, false, Device.CPU)),
                _ -> {});
    }

    static Preset preset(String name, String... overrides) {
        List<String> tiny = name.startsWith("seed-") ? TINY_SEED : TINY;
        List<String> kind = name.startsWith("ddpmpp-") ? TINY_SONG : List.of();
        return Presets.named(
                name,
                Stream.of(tiny.stream(), kind.stream(), Stream.of(overrides))
                        .flatMap(s -> s)
                        .toList());
    }

    static Run run(Preset preset, Path folder, long steps) {
        return run(preset, folder, Budget.steps(steps), CheckpointPolicy.atEnd());
    }

    static Run run(Preset preset, Path folder, Budget budget, CheckpointPolicy policy) {
        return preset.run(folder, budget, SEED, Precision.F32, policy, List.of("test"));
    }

    static Run run(Preset preset, Path folder, long steps, Precision precision) {
        return preset.run(
                folder,
                Budget.steps(steps),
                SEED,
                precision,
                CheckpointPolicy.atEnd(),
                List.of("test"));
    }

    static Run run(Preset preset, Path folder, long steps, Supplies supplies) {
        return preset.run(
                folder,
                Budget.steps(steps),
                SEED,
                Precision.F32,
                CheckpointPolicy.atEnd(),
                List.of("test"),
                supplies);
    }

    /** A recipe with other phases and another share of dropped labels. */
    static Recipe changed(Recipe recipe, Phases phases, double labelDropout) {
        return new Recipe(
                recipe.network(),
                recipe.scalings(),
                recipe.time(),
                phases,
                recipe.learningRate(),
                recipe.optimizer(),
                recipe.clipNorm(),
                recipe.averages(),
                recipe.batchSize(),
                recipe.microBatch(),
                recipe.flips(),
                recipe.accumulation(),
                labelDropout);
    }

    /** Remembers every step. */
    static final class Recorder implements StepListener {

        final List<StepRecord> steps = new ArrayList<>();

        @Override
        public void onStep(StepRecord step, TrainState state) {
            steps.add(step);
        }

        List<Double> losses() {
            return steps.stream().map(StepRecord::loss).toList();
        }
    }
}
