package dev.cm4j.loss;

import dev.cm4j.model.Denoiser;
import dev.cm4j.model.PerSample;
import dev.cm4j.model.Rows;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * One step of a teacher's probability-flow ODE dx/dσ = (x − D(x; σ))/σ, from t down to r.
 *
 * <pre>
 *   d₁ = (x − D(x, t))/t
 *   EULER  x + (r − t) d₁                                               1 evaluation
 *   HEUN   x̃ = x + (r − t) d₁;  d₂ = (x̃ − D(x̃, r))/r;  x + (r − t)(d₁ + d₂)/2   2 evaluations
 *   EXPONENTIAL  the same with ((1 − w) d₁ + w d₂) for (d₁ + d₂)/2,
 *          w = ρ/(1 − ρ) · (1 − (1 − ρ)/ln(1/ρ)),  ρ = r/t                        2 evaluations
 * </pre>
 *
 * <p>Heun's method takes the slope to change evenly with σ, the exponential one D with ln σ. Short
 * steps are alike, w → 1/2; a long one to a low level r divides by r in d₂, which w → ρ makes good.
 *
 * <p>Source: Song et al. 2023, algorithm 2; Karras et al. 2022, algorithm 1. EXPONENTIAL: Lu et al.
 * 2022 (2211.01095), DPM-Solver++ of order 2 in a single step with r₁ = 1.
 */
public enum Solver {
    /** First order. */
    EULER,
    /** Second order, the published choice. */
    HEUN,
    /** Second order, for long steps. */
    EXPONENTIAL;

    /** Below this 1 − ρ the two terms of w cancel to few digits. */
    private static final double NEARLY_EQUAL = 1e-5;

    /**
     * Takes the step, without gradients of its own: whoever calls switches them off.
     *
     * @param teacher D
     * @param x points at level t [N, C, H, W], borrowed
     * @param t levels [N], positive
     * @param r levels to go to [N], below t, positive but for EULER
     * @param labels class of each image [N], or empty
     * @return points at level r, shape of x
     */
    public Tensor step(
            Denoiser teacher, Tensor x, double[] t, double[] r, Optional<Tensor> labels) {
        var first = slope(teacher, x, t, labels); // d₁
        var length = new double[t.length];
        for (int n = 0; n < length.length; n++) {
            length[n] = r[n] - t[n];
        }
        var h = PerSample.column(length, x);
        var euler = x.plus(first.times(h)); // x̃
        if (this == EULER) {
            return euler;
        }
        var second = slope(teacher, euler, r, labels); // d₂
        return x.plus(mean(first, second, t, r).times(h));
    }

    /** (1 − w) d₁ + w d₂, the slope of a whole step of second order. */
    private Tensor mean(Tensor first, Tensor second, double[] t, double[] r) {
        if (this == HEUN) {
            return first.plus(second).times(0.5);
        }
        var w = IntStream.range(0, t.length).mapToDouble(n -> weight(r[n] / t[n])).toArray();
        return first.plus(second.minus(first).times(PerSample.column(w, first)));
    }

    /** w of the exponential step. */
    private static double weight(double ratio) {
        double rest = 1 - ratio;
        return rest < NEARLY_EQUAL
                ? 0.5 - 5 * rest / 12 // its series
                : ratio / rest * (1 + rest / Math.log(ratio));
    }

    /**
     * The slope of the straight line that the step follows. Unlike {@link #step} it may end at 0,
     * where all take d₁ alone, as the sampler of Karras et al. does.
     *
     * @param teacher D
     * @param x points at level t [N, C, H, W], borrowed
     * @param t levels [N], positive
     * @param r levels to go to [N], not negative
     * @param labels class of each image [N], or empty
     * @return dx/dσ, shape of x
     */
    public Tensor slope(
            Denoiser teacher, Tensor x, double[] t, double[] r, Optional<Tensor> labels) {
        var first = slope(teacher, x, t, labels); // d₁
        var asked = IntStream.range(0, r.length).filter(n -> r[n] > 0).toArray();
        if (this == EULER || asked.length == 0) {
            return first;
        }
        var index = Rows.index(asked, x.device());
        var from = Arrays.stream(asked).mapToDouble(n -> t[n]).toArray();
        var to = Arrays.stream(asked).mapToDouble(n -> r[n]).toArray();
        var length = Arrays.stream(asked).mapToDouble(n -> r[n] - t[n]).toArray();
        var some = first.indexSelect(0, index);
        var euler = x.indexSelect(0, index).plus(some.times(PerSample.column(length, some))); // x̃
        var second = slope(teacher, euler, to, labels.map(all -> all.indexSelect(0, index)));
        return Rows.replaced(first, asked, mean(some, second, from, to));
    }

    /** d = (x − D(x, σ))/σ. */
    private static Tensor slope(
            Denoiser teacher, Tensor x, double[] sigma, Optional<Tensor> labels) {
        return x.minus(teacher.denoise(x, sigma, labels)).dividedBy(PerSample.column(sigma, x));
    }
}
