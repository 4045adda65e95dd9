package dev.cm4j.train;

import dev.cm4j.loss.Lpips;
import dev.cm4j.loss.Pairs;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.UNet;
import dev.cm4j.preset.PairsConfig;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.PresetDistance;
import dev.cm4j.preset.Supplies;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;
import java.util.stream.LongStream;

/** A teacher that knows nothing, but says the same each time. */
final class TinyTeacher implements Supplies, AutoCloseable {

    private final UNet net;
    private final Denoiser model;

    private TinyTeacher(UNet net, Denoiser model) {
        this.net = net;
        this.model = model;
    }

    static TinyTeacher of(Preset preset) {
        UNet net = UNet.create(preset.network(), 77);
        try (Scope _ = Scope.open();
                Rng noise = Rng.seeded(77)) {
            for (Tensor weight : net.parameters().values()) {
                weight.assign(weight.plus(noise.normal(weight.shape()).times(.05)));
            }
        }
        net.training(false);
        var scalings = new EdmScalings(.5);
        return new TinyTeacher(net, new ConsistencyModel(net, scalings, preset.method().time()));
    }

    UNet net() {
        return net;
    }

    @Override
    public Optional<Denoiser> teacher(Optional<Double> guidance) {
        return Optional.of(model);
    }

    /** Pictures that are the sign of the noise, nearly. */
    @Override
    public Pairs pairs(PairsConfig config) {
        int size = net.config().imageSize();
        return new Pairs() {
            @Override
            public int count() {
                return config.count();
            }

            @Override
            public Tensor noise(long[] numbers) {
                return Noise.normal(3, numbers, 0, 1, size, size);
            }

            @Override
            public Tensor pictures(long[] numbers) {
                return noise(numbers).times(9).clamp(-1, 1);
            }

            @Override
            public Optional<Tensor> labels(long[] numbers) {
                long[] classes = LongStream.of(numbers).map(n -> n % 10).toArray();
                return Optional.of(Tensor.of(classes, classes.length));
            }
        };
    }

    @Override
    public Lpips lpips(PresetDistance.LpipsDistance files) {
        throw new AssertionError("no test asks for it");
    }

    @Override
    public void close() {
        net.close();
    }
}
