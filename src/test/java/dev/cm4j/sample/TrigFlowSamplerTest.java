package dev.cm4j.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.schedule.TrigFlow;
import dev.cm4j.schedule.TrigFlowScalings;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.GoldenNetwork;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Samplers that walk through noise levels take TrigFlow's own steps. */
class TrigFlowSamplerTest {

    private static final double SIGMA_DATA = .5;
    private static final TrigFlow FLOW = new TrigFlow(SIGMA_DATA);
    private static final NoiseSource WAVES =
            (draw, shape) -> GoldenNetwork.wave(j -> 1.2 * Math.cos(.53 * j + draw + 1), shape);

    private Scope scope;
    private UNet net;
    private ConsistencyModel model;
    private SampleRequest request;

    @BeforeEach
    void open() {
        scope = Scope.open();
        net = GoldenNetwork.create(1, 0);
        model =
                new ConsistencyModel(
                        net, new TrigFlowScalings(SIGMA_DATA), TimeInput.trigFlow(SIGMA_DATA));
        request =
                new SampleRequest(
                        List.of(2L, 1L, 16L, 16L),
                        Optional.of(GoldenNetwork.labels()),
                        WAVES,
                        false,
                        SampleListener.NONE,
                        Optional.empty());
    }

    @AfterEach
    void close() {
        net.close();
        scope.close();
    }

    /** σ_d F(x_t/σ_d, t). */
    private Tensor velocity(Tensor x, double t) {
        var time = Tensor.of(new float[] {(float) t, (float) t});
        return net.forward(x.times(1 / SIGMA_DATA), time, request.labels()).times(SIGMA_DATA);
    }

    /** x_s = cos(t − s) x_t − sin(t − s) σ_d F. */
    private Tensor ddim(Tensor x, double t, double s) {
        return x.times(Math.cos(t - s)).minus(velocity(x, t).times(Math.sin(t - s)));
    }

    /** x_t of the first level: cos t · σ n. */
    private static Tensor start(double sigma) {
        return WAVES.normal(0, GoldenNetwork.SHAPE).times(sigma * Math.cos(FLOW.angle(sigma)));
    }

    @Test
    void ddim() {
        var range = new NoiseRange(.01, 3, 7);
        var levels = range.grid(5);
        var x = start(3);
        for (int i = 0; i < 5; i++) {
            double next = i == 4 ? 0 : FLOW.angle(levels.sigma(i + 1));
            x = ddim(x, FLOW.angle(levels.sigma(i)), next);
        }
        var sampled = new DdimSampler(5, range, 0).sample(model, request);
        assertArrayEquals(x.clamp(-1, 1).toFloats(), sampled.toFloats(), 1e-4f);
    }

    /** f, then x_s = cos s · f + sin s · z with z ~ N(0, σ_d²). */
    @Test
    void multistep() {
        // TrigFlow has no smallest level whose variance is taken off the noise
        var range = new NoiseRange(1e-9, 80, 7);
        double middle = FLOW.angle(.98238); // t = 1.1
        var clean = ddim(start(80), FLOW.angle(80), 0);
        var x =
                clean.times(Math.cos(middle))
                        .plus(
                                WAVES.normal(1, GoldenNetwork.SHAPE)
                                        .times(SIGMA_DATA * Math.sin(middle)));
        var sampled =
                MultistepSampler.atSigmas(List.of(80.0, .98238), range).sample(model, request);
        assertArrayEquals(ddim(x, middle, 0).clamp(-1, 1).toFloats(), sampled.toFloats(), 1e-4f);
    }
}
