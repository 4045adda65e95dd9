package dev.cm4j.examples;

import dev.cm4j.optim.Optimizer;
import dev.cm4j.optim.OptimizerConfig;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.KarrasGrid;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.LongStream;

/**
 * Consistency training on two-dimensional points, from nothing to samples, on one page.
 *
 * <p>The data are points on a circle of radius 1. A small multilayer perceptron learns the map from
 * a noisy point to the point on the circle that its trajectory ends in (Song et al. 2023, algorithm
 * 3), with the network itself, gradient stopped, as the target (Song & Dhariwal 2023).
 */
public final class TinyConsistency implements AutoCloseable {

    private static final int BATCH = 512;
    private static final int HIDDEN = 64;
    private static final int INPUTS = 3; // x, y and the noise level
    private static final long SEED = 7;

    private final BoundaryScalings scalings = new BoundaryScalings(0.7, 0.002);
    private final Scope scope = Scope.open();
    private final Tensor weights;
    private final Optimizer optimizer;

    public TinyConsistency() {
        int count = INPUTS * HIDDEN + HIDDEN + HIDDEN * HIDDEN + HIDDEN + HIDDEN * 2 + 2;
        weights = noise(1_000_000, 0, count).reshape(-1).times(0.2).copy().requireGrad();
        optimizer = Optimizer.create(OptimizerConfig.of(OptimizerConfig.Kind.ADAM), count);
    }

    /**
     * f_θ(x, σ) = c_skip x + c_out F_θ(c_in x, ¼ ln σ) for points x [N, 2] and one σ each [N, 1].
     */
    private Tensor denoise(Tensor x, double[] sigma) {
        Tensor input =
                Tensor.cat(
                        1,
                        x.times(column(sigma, scalings::cIn)),
                        column(sigma, s -> 0.25 * Math.log(s)));
        long at = 0;
        Tensor hidden = layer(input, at, INPUTS, HIDDEN).silu();
        at += INPUTS * HIDDEN + HIDDEN;
        hidden = layer(hidden, at, HIDDEN, HIDDEN).silu();
        at += HIDDEN * HIDDEN + HIDDEN;
        Tensor raw = layer(hidden, at, HIDDEN, 2);
        return x.times(column(sigma, scalings::cSkip))
                .plus(raw.times(column(sigma, scalings::cOut)));
    }

    private Tensor layer(Tensor x, long at, int inputs, int outputs) {
        Tensor matrix = weights.narrow(0, at, (long) inputs * outputs).reshape(inputs, outputs);
        return x.matmul(matrix).plus(weights.narrow(0, at + (long) inputs * outputs, outputs));
    }

    /** One step of consistency training between neighbours of a grid of {@code points} levels. */
    public double step(int step, int points) {
        KarrasGrid grid = new KarrasGrid(points, 0.002, 10, 7);
        try (Scope _ = Scope.open();
                var _ = Gradients.enabled()) {
            Tensor x0 = circle(step);
            Tensor z = noise((long) step * BATCH, 1, 2);
            double[] u = uniform(step);
            double[] t = new double[BATCH];
            double[] r = new double[BATCH];
            for (int n = 0; n < BATCH; n++) {
                int i = (int) (u[n] * (points - 1));
                t[n] = grid.sigma(i);
                r[n] = grid.sigma(i + 1);
            }
            Tensor student = denoise(x0.plus(z.times(column(t, s -> s))), t);
            Tensor target = denoise(x0.plus(z.times(column(r, s -> s))), r).detach();
            Tensor distance = student.minus(target).square().sum(1).plus(1e-4).sqrt(); // [N]
            Tensor loss = distance.dividedBy(column(t, s -> s).reshape(BATCH)).mean();
            loss.backward();
            Tensor gradient = weights.grad().orElseThrow();
            optimizer.step(weights, gradient, 2e-3, 1, List.of());
            gradient.fill(0);
            return loss.detach().item();
        }
    }

    /** Points made from pure noise in one evaluation, then refined at the given level. */
    public Tensor sample(int count, double middle) {
        double[] top = filled(count, 10);
        double[] mid = filled(count, middle);
        Tensor x = denoise(rows(count, 5_000_000, 2, 2).times(10), top);
        return denoise(x.plus(rows(count, 5_000_000, 3, 2).times(middle)), mid);
    }

    private static Tensor circle(int step) {
        double[] u =
                Noise.uniform(SEED, images((long) step * BATCH, BATCH), 4, 1)
                        .to(DType.F64)
                        .toDoubles();
        float[] points = new float[2 * u.length];
        for (int n = 0; n < u.length; n++) {
            points[2 * n] = (float) Math.cos(2 * Math.PI * u[n]);
            points[2 * n + 1] = (float) Math.sin(2 * Math.PI * u[n]);
        }
        return Tensor.of(points, u.length, 2);
    }

    private static double[] uniform(int step) {
        return Noise.uniform(SEED, images((long) step * BATCH, BATCH), 5, 1)
                .to(DType.F64)
                .toDoubles();
    }

    private static Tensor noise(long first, int draw, int width) {
        return Noise.normal(SEED, images(first, width == 2 ? BATCH : 1), draw, width);
    }

    private static Tensor rows(int count, long first, int draw, int width) {
        return Noise.normal(SEED, images(first, count), draw, width);
    }

    private static long[] images(long first, int count) {
        return LongStream.range(first, first + count).toArray();
    }

    private static double[] filled(int count, double value) {
        double[] values = new double[count];
        Arrays.fill(values, value);
        return values;
    }

    private static Tensor column(double[] sigma, DoubleUnaryOperator f) {
        float[] values = new float[sigma.length];
        for (int n = 0; n < values.length; n++) {
            values[n] = (float) f.applyAsDouble(sigma[n]);
        }
        return Tensor.of(values, values.length, 1);
    }

    @Override
    public void close() {
        optimizer.close();
        scope.close();
    }
}
