package dev.cm4j.loss;

import dev.cm4j.model.Denoiser;
import dev.cm4j.model.PerSample;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;

/**
 * One step of a teacher's probability-flow ODE dx/dσ = (x − D(x; σ))/σ, from t down to r.
 *
 * <pre>
 *   d₁ = (x − D(x, t))/t
 *   EULER  x + (r − t) d₁                                               1 evaluation
 *   HEUN   x̃ = x + (r − t) d₁;  d₂ = (x̃ − D(x̃, r))/r;  x + (r − t)(d₁ + d₂)/2   2 evaluations
 * </pre>
 *
 * <p>Source: Song et al. 2023, algorithm 2; Karras et al. 2022, algorithm 1.
 */
public enum Solver {
    /** First order. */
    EULER,
    /** Second order, the published choice. */
    HEUN;

    /**
     * Takes the step, without gradients of its own: whoever calls switches them off.
     *
     * @param teacher D
     * @param x points at level t [N, C, H, W], borrowed
     * @param t levels [N], positive
     * @param r levels to go to [N], positive for HEUN
     * @param labels class of each image [N], or empty
     * @return points at level r, shape of x
     */
    public Tensor step(
            Denoiser teacher, Tensor x, double[] t, double[] r, Optional<Tensor> labels) {
        var slope = slope(teacher, x, t, labels);
        var length = new double[t.length];
        for (int n = 0; n < length.length; n++) {
            length[n] = r[n] - t[n];
        }
        var h = PerSample.column(length, x);
        var euler = x.plus(slope.times(h));
        return switch (this) {
            case EULER -> euler;
            case HEUN -> x.plus(slope.plus(slope(teacher, euler, r, labels)).times(h).times(0.5));
        };
    }

    /** d = (x − D(x, σ))/σ. */
    private static Tensor slope(
            Denoiser teacher, Tensor x, double[] sigma, Optional<Tensor> labels) {
        return x.minus(teacher.denoise(x, sigma, labels)).dividedBy(PerSample.column(sigma, x));
    }
}
