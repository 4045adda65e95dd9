package dev.cm4j.train;

import dev.cm4j.loss.Lpips;
import dev.cm4j.loss.Pairs;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.Vgg16;
import dev.cm4j.preset.PairsConfig;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.PresetDistance;
import dev.cm4j.preset.Supplies;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.RandomWeights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/** A teacher that knows nothing, but says the same each time. */
final class TinyTeacher implements Supplies, AutoCloseable {

    private static final long[] WIDTHS = {4, 8, 16, 32, 32};

    private final UNet net;
    private final Denoiser model;
    private final List<Lpips> distances = new ArrayList<>();

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

    @Override
    public Denoiser ideal() {
        return NONE.ideal();
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
        Lpips made =
                Lpips.of(
                        RandomWeights.of(eye(), 1),
                        RandomWeights.of(lines(), 2),
                        Vgg16.Pooling.AVERAGE);
        distances.add(made);
        return made;
    }

    /** VGG16, a sixteenth as wide. */
    private static Map<String, long[]> eye() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        int index = 0;
        long from = 3;
        for (int block = 0; block < WIDTHS.length; block++) {
            for (int c = 0; c < (block < 2 ? 2 : 3); c++) {
                shapes.put("features." + index + ".weight", new long[] {WIDTHS[block], from, 3, 3});
                shapes.put("features." + index + ".bias", new long[] {WIDTHS[block]});
                from = WIDTHS[block];
                index += 2;
            }
            index++;
        }
        return shapes;
    }

    private static Map<String, long[]> lines() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        for (int block = 0; block < WIDTHS.length; block++) {
            shapes.put("lin" + block + ".model.1.weight", new long[] {1, WIDTHS[block], 1, 1});
        }
        return shapes;
    }

    @Override
    public void close() {
        distances.forEach(Lpips::close);
        net.close();
    }
}
