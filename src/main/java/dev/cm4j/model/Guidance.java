package dev.cm4j.model;

import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * Extrapolation from a weaker estimate through a better one.
 *
 * <pre>
 *   D_w(x; σ) = D_weak + w (D − D_weak)        w = 1: D itself
 * </pre>
 *
 * <p>Where the weaker estimate is the same model without the class, this is classifier-free
 * guidance (Ho &amp; Salimans 2022, equation 6, whose weight is w − 1); where it is a smaller or
 * less trained model or average, autoguidance (Karras et al. 2024, equation 4). For a consistency
 * function, which has no score, it is a heuristic.
 *
 * @param strong D, borrowed
 * @param weak D_weak, borrowed
 * @param weight w, finite
 */
public record Guidance(Denoiser strong, Denoiser weak, double weight) implements Denoiser {

    /**
     * Checks the weight.
     *
     * @throws IllegalArgumentException unless weight is finite
     */
    public Guidance {
        requireWeight(weight);
    }

    /**
     * Classifier-free guidance.
     *
     * @param model a model with a class that stands for none, borrowed
     * @param nullClass that class, the last row of the table
     * @param weight w
     * @return D_u + w (D_c − D_u)
     */
    public static Guidance classifierFree(Denoiser model, long nullClass, double weight) {
        return new Guidance(
                model,
                (x, sigma, _) -> {
                    var none = new long[sigma.length];
                    Arrays.fill(none, nullClass);
                    var labels = Tensor.of(none, none.length).to(x.device());
                    return model.denoise(x, sigma, Optional.of(labels));
                },
                weight);
    }

    @Override
    public Device device() {
        return strong.device();
    }

    @Override
    public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels) {
        var better = strong.denoise(x, sigma, labels);
        if (weight == 1) {
            return better;
        }
        var worse = weak.denoise(x, sigma, labels);
        return worse.plus(better.minus(worse).times(weight));
    }

    /** Refuses a weight that is no number. */
    static void requireWeight(double weight) {
        if (!Double.isFinite(weight)) {
            throw new IllegalArgumentException(
                    "the weight of guidance must be finite, but is " + weight);
        }
    }
}
