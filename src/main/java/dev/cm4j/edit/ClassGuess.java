package dev.cm4j.edit;

import dev.cm4j.model.Denoiser;
import dev.cm4j.sample.NoiseSource;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * The class of a picture in a model's own opinion: the one under which it best finds again what is
 * known, while the rest is made as in {@link IterativeEdit}.
 *
 * <pre>
 *   argmin_c  Σ_n ‖K x₀ − K y‖²,   x₀ = f(x + σ_n n, σ_n, c),   x ← impose(y, x₀)
 * </pre>
 *
 * K is the measured part, x begins with it, and the noise n is the same for all c. Where nothing is
 * known, x stays the picture.
 *
 * <p>Source: Li et al. 2023, Your Diffusion Model is Secretly a Zero-Shot Classifier, with what is
 * known in place of the whole picture.
 *
 * @param model f of a model with classes, borrowed
 * @param classes how many there are, 1 to {@value #MOST}
 */
public record ClassGuess(Denoiser model, int classes) {

    /** Most classes that are tried one after another. */
    public static final int MOST = 100;

    private static final double[] SIGMAS = {10, 3, 1.5, 0.8};

    /**
     * Checks the number of classes.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public ClassGuess {
        if (classes < 1 || classes > MOST) {
            throw new IllegalArgumentException(
                    "of %d classes none is guessed; give the class".formatted(classes));
        }
    }

    /**
     * Guesses classes.
     *
     * @param reference pictures [N, C, H, W], float32 in [−1, 1], borrowed
     * @param knowledge what of them is known
     * @param noise the draws, one for each noise level
     * @return class of each [N]
     */
    public long[] labels(Tensor reference, Knowledge knowledge, NoiseSource noise) {
        int count = (int) reference.size(0);
        double[] least = new double[count];
        Arrays.fill(least, Double.POSITIVE_INFINITY);
        long[] labels = new long[count];
        for (int c = 0; c < classes; c++) {
            double[] errors;
            try (var _ = Scope.open()) {
                errors = errors(reference, knowledge, noise, c);
            }
            for (int n = 0; n < count; n++) {
                if (errors[n] < least[n]) {
                    least[n] = errors[n];
                    labels[n] = c;
                }
            }
        }
        return labels;
    }

    private double[] errors(Tensor reference, Knowledge knowledge, NoiseSource noise, long label) {
        Scope outer = Scope.current();
        int count = (int) reference.size(0);
        long[] all = new long[count];
        Arrays.fill(all, label);
        double[] sum = new double[count];
        Tensor believed = knowledge.measured(reference);
        for (int draw = 0; draw < SIGMAS.length; draw++) {
            double[] sigmas = new double[count];
            Arrays.fill(sigmas, SIGMAS[draw]);
            try (var _ = Scope.open();
                    var _ = Gradients.disabled()) {
                Tensor measured = knowledge.measured(reference);
                Tensor x = noise.normal(draw, reference.shape()).times(SIGMAS[draw]).plus(believed);
                Tensor clean = model.denoise(x, sigmas, Optional.of(Tensor.of(all)));
                double[] errors =
                        knowledge.measured(clean).minus(measured).square().sum(1, 2, 3).toDoubles();
                for (int n = 0; n < count; n++) {
                    sum[n] += errors[n];
                }
                if (!(knowledge instanceof NothingKnown)) {
                    believed = knowledge.impose(measured, clean.clamp(-1, 1)).escapeTo(outer);
                }
            }
        }
        return sum;
    }
}
