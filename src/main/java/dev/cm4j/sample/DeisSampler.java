package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * tAB-DEIS: an Adams-Bashforth method whose noise predictions are extrapolated by a polynomial in a
 * time t, and integrated over σ exactly.
 *
 * <pre>
 *   e_i = (x_i − D(x_i; σ_i))/σ_i;   dx/dσ = e
 *   x_{i+1} = x_i + Σ_j C_j e_{i−j},   C_j = ∫ L_j(t) (dσ/dt) dt from t_i to t_{i+1},   j = 0 … r
 *   L_j(t) = Π_{k≠j} (t − t_{i−k})/(t_{i−j} − t_{i−k}),   t = σ^{1/ρ}
 * </pre>
 *
 * <p>t is the variable in which the noise grid is even. The first r steps use the predictions there
 * are. Gauss-Legendre quadrature of 8 points is exact for ρ + r ≤ 16, ρ a whole number.
 *
 * <p>One evaluation a step; "3-DEIS" of the literature is r = 3.
 *
 * <p>Source: Zhang &amp; Chen 2023, equations 14 and 15, for the variance-exploding process.
 *
 * @param steps n, at least 1; levels are the n-point grid and 0
 * @param range ends and curvature ρ of the grid
 * @param order r, degree of the polynomial, 0 (Euler) to 3
 */
public record DeisSampler(int steps, NoiseRange range, int order) implements DiffusionSampler {

    private static final int MOST = 3;

    /** Nodes and weights of Gauss-Legendre quadrature on [−1, 1], positive half. */
    private static final double[] NODES = {
        0.18343464249564978, 0.525532409916329, 0.7966664774136267, 0.9602898564975362
    };

    private static final double[] WEIGHTS = {
        0.36268378337836166, 0.3137066458778869, 0.22238103445337443, 0.10122853629037706
    };

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if steps is below 1 or order not in 0 to 3
     */
    public DeisSampler {
        SolverGrid.requireSteps(steps);
        if (order < 0 || order > MOST) {
            throw new IllegalArgumentException("order must lie in 0 to 3, but is " + order);
        }
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        try (var past = new History(order + 1)) {
            return Trajectory.walk(
                    model,
                    request,
                    SolverGrid.toZero(steps, range),
                    (path, x, sigma, next) -> {
                        past.add(sigma, path.slope(x, sigma));
                        var known =
                                IntStream.range(0, past.size()).mapToDouble(past::sigma).toArray();
                        var weights = coefficients(known, next, range.rho());
                        var moved = x;
                        for (int j = 0; j < weights.length; j++) {
                            moved = moved.plus(past.value(j).times(weights[j]));
                        }
                        return moved;
                    });
        }
    }

    /**
     * C_j of the predictions at the levels {@code known}, newest first, for a step from the newest
     * to {@code next}.
     */
    static double[] coefficients(double[] known, double next, double rho) {
        var t = IntStream.range(0, known.length).mapToDouble(j -> time(known[j], rho)).toArray();
        var middle = (t[0] + time(next, rho)) / 2;
        var half = (time(next, rho) - t[0]) / 2;
        var sums = new double[known.length];
        for (int q = 0; q < NODES.length; q++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                var at = middle + sign * half * NODES[q];
                var weight = half * WEIGHTS[q] * rho * Math.pow(at, rho - 1); // dσ = ρ t^{ρ−1} dt
                for (int j = 0; j < sums.length; j++) {
                    sums[j] += weight * lagrange(t, j, at);
                }
            }
        }
        return sums;
    }

    private static double time(double sigma, double rho) {
        return Math.pow(sigma, 1 / rho);
    }

    private static double lagrange(double[] t, int j, double at) {
        var product = 1.0;
        for (int k = 0; k < t.length; k++) {
            if (k != j) {
                product *= (at - t[k]) / (t[j] - t[k]);
            }
        }
        return product;
    }

    @Override
    public int evaluations() {
        return steps;
    }
}
