package dev.cm4j.cli;

import dev.cm4j.RunSupplies;
import dev.cm4j.loss.Lpips;
import dev.cm4j.loss.Pairs;
import dev.cm4j.model.Denoiser;
import dev.cm4j.preset.PairsConfig;
import dev.cm4j.preset.PresetDistance;
import dev.cm4j.preset.Supplies;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a recipe is given that is planned and not run: denoisers and pairs that cannot be asked. The
 * weights of a distance are those of the run, because they take memory.
 */
final class PlanSupplies implements Supplies, AutoCloseable {

    private final RunSupplies files =
            new RunSupplies(Path.of(""), 0, Optional.empty(), Optional.empty(), _ -> {});

    @Override
    public Optional<Denoiser> teacher(Optional<Double> guidance) {
        return Optional.of(ideal());
    }

    @Override
    public Denoiser ideal() {
        return (x, sigma, labels) -> {
            throw unasked();
        };
    }

    @Override
    public Pairs pairs(PairsConfig config) {
        return new Pairs() {
            @Override
            public int count() {
                return config.count();
            }

            @Override
            public Tensor noise(long[] numbers) {
                throw unasked();
            }

            @Override
            public Tensor pictures(long[] numbers) {
                throw unasked();
            }

            @Override
            public Optional<Tensor> labels(long[] numbers) {
                throw unasked();
            }
        };
    }

    @Override
    public Lpips lpips(PresetDistance.LpipsDistance distance) {
        return files.lpips(distance);
    }

    @Override
    public void close() {
        files.close();
    }

    private static IllegalStateException unasked() {
        return new IllegalStateException("a plan takes no steps");
    }
}
