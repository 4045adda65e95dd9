package dev.cm4j.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.GoldenNetwork;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Samples of the golden network, known from OpenAI's own modules in float64. */
class SamplerGoldenTest {

    private static final NoiseRange RANGE = NoiseRange.STANDARD;
    private static final ChurnConfig CHURN = new ChurnConfig(2, .05, 50, 1.003);

    /** Call number n of the recording is draw n − 1 here. */
    private static final NoiseSource WAVES =
            (draw, shape) -> GoldenNetwork.wave(j -> 1.2 * Math.cos(.53 * j + draw + 1), shape);

    private UNet net;

    @BeforeEach
    void open() {
        net = GoldenNetwork.create(1, 0);
    }

    @AfterEach
    void close() {
        net.close();
    }

    @ParameterizedTest
    @CsvSource({
        "onestep, 137.8682772, 137.8682772",
        "multistep, 139.8651587, 138.8156516",
        "euler, 167.2778943, 167.7457395",
        "heun, 353.5169898, 362.4702149",
        "heun-churn, 295.0841201, 288.7622165",
        "dpm, 282.8514111, 286.6358224",
        "ancestral, 174.2076414, 163.8109188",
        "progdist, 164.5701558, 158.5593933"
    })
    void golden(String name, double clipped, double free) {
        assertEquals(clipped, sum(name, true), 1e-4 * clipped);
        assertEquals(free, sum(name, false), 1e-4 * free);
    }

    private double sum(String name, boolean clip) {
        var sampler =
                switch (name) {
                    case "onestep" -> new OnestepSampler(RANGE);
                    case "multistep" ->
                            MultistepSampler.atIndices(List.of(0, 22, 39), RANGE.grid(40));
                    case "euler" -> new EulerSampler(6, RANGE);
                    case "heun" -> new HeunSampler(6, RANGE, ChurnConfig.NONE);
                    case "heun-churn" -> new HeunSampler(6, RANGE, CHURN);
                    case "dpm" -> new DpmSampler(6, RANGE, ChurnConfig.NONE);
                    case "ancestral" -> new AncestralSampler(6, RANGE);
                    default -> new ProgdistSampler(4, RANGE);
                };
        Scalings scalings =
                name.endsWith("step") ? new BoundaryScalings(0.5, 0.002) : new EdmScalings(0.5);
        try (var _ = Scope.open()) {
            Tensor labels = GoldenNetwork.labels();
            var request =
                    SampleRequest.of(WAVES, GoldenNetwork.SHAPE)
                            .withLabels(Optional.of(labels))
                            .withClip(clip);
            var model = new ConsistencyModel(net, scalings, TimeInput.OPENAI);
            return sampler.sample(model, request).abs().sum().item();
        }
    }
}
