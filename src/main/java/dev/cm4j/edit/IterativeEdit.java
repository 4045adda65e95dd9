package dev.cm4j.edit;

import dev.cm4j.model.Denoiser;
import dev.cm4j.sample.NoiseSource;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * Pictures that agree with what is known of them.
 *
 * <pre>
 *   y = measured(reference);   x ~ N(y, t₁² I)
 *   for n = 1 … m:   x₀ = impose(y, clamp(f(x, t_n), ±1));   x = x₀ + √(t_{n+1}² − ε²) n
 * </pre>
 *
 * The result is not clamped again: for colours and patch means it may leave [−1, 1] a little.
 *
 * <p>Source: Song et al. 2023, algorithm 4.
 *
 * @param model f, a consistency function, borrowed
 * @param levels t_1 … t_{m+1}
 * @param knowledge A and Ω
 */
public record IterativeEdit(Denoiser model, EditLevels levels, Knowledge knowledge) {

    /**
     * Edits pictures from noise around what is known.
     *
     * @param reference pictures [N, C, H, W], float32 in [−1, 1], borrowed
     * @param labels class of each [N], int64, borrowed; empty for unconditional models
     * @param noise draw 0 is the start, draw n the noise of step n
     * @return pictures of the same shape, owned by the innermost open {@code Scope}
     * @throws IllegalArgumentException if the knowledge does not fit the shape
     */
    public Tensor edit(Tensor reference, Optional<Tensor> labels, NoiseSource noise) {
        Scope caller = Scope.current();
        try (var _ = Scope.open()) {
            Tensor measured = knowledge.measured(reference);
            Tensor start =
                    noise.normal(0, reference.shape())
                            .times(levels.sigmas().getFirst())
                            .plus(measured);
            return run(measured, start, labels, noise, 1).escapeTo(caller);
        }
    }

    /**
     * Edits pictures from a given start.
     *
     * @param reference pictures [N, C, H, W], float32 in [−1, 1], borrowed
     * @param start x at level t_1, the same shape, borrowed
     * @param labels class of each [N], int64, borrowed; empty for unconditional models
     * @param noise draw n − 1 is the noise of step n
     * @return pictures of the same shape, owned by the innermost open {@code Scope}
     * @throws IllegalArgumentException if the knowledge does not fit the shape
     */
    public Tensor editFrom(
            Tensor reference, Tensor start, Optional<Tensor> labels, NoiseSource noise) {
        Scope caller = Scope.current();
        try (var _ = Scope.open()) {
            return run(knowledge.measured(reference), start, labels, noise, 0).escapeTo(caller);
        }
    }

    private Tensor run(
            Tensor measured, Tensor start, Optional<Tensor> labels, NoiseSource noise, int draw) {
        Scope outer = Scope.current();
        long[] shape = start.shape();
        double epsilon = levels.range().sigmaMin();
        Tensor x = start;
        for (int n = 0; n < levels.sigmas().size(); n++) {
            boolean last = n + 1 == levels.sigmas().size();
            double next = last ? levels.end() : levels.sigmas().get(n + 1);
            double scale = Math.sqrt(next * next - epsilon * epsilon);
            Tensor before = x;
            try (var _ = Scope.open();
                    var _ = Gradients.disabled()) {
                double[] sigmas = new double[(int) shape[0]];
                Arrays.fill(sigmas, levels.sigmas().get(n));
                Tensor clean =
                        knowledge.impose(
                                measured, model.denoise(before, sigmas, labels).clamp(-1, 1));
                if (scale == 0) {
                    noise.skip(draw + n, shape);
                    x = clean.escapeTo(outer);
                } else {
                    x = clean.plus(noise.normal(draw + n, shape).times(scale)).escapeTo(outer);
                }
            }
            if (n > 0) {
                before.close();
            }
        }
        return x;
    }
}
