package dev.cm4j.edit;

import dev.cm4j.model.Denoiser;
import dev.cm4j.optim.Optimizer;
import dev.cm4j.optim.OptimizerConfig;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Finds the noise that a model turns into given pictures.
 *
 * <pre>
 *   z* = argmin_z ‖f(T z, T) − y‖²       by Adam, its rate falling linearly to 0
 * </pre>
 *
 * Gradients go through the network, which gathers gradients of its own weights on the way: do not
 * invert with a network that is being trained.
 *
 * @param model f, borrowed; differentiable in its pictures
 * @param sigmaMax T
 * @param iterations steps of Adam, at least 1; each costs an evaluation and its gradient
 * @param rate learning rate of the first, positive
 */
public record Inversion(Denoiser model, double sigmaMax, int iterations, double rate) {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if there is no iteration or no positive rate
     */
    public Inversion {
        if (iterations < 1 || !(rate > 0)) {
            throw new IllegalArgumentException(
                    "an inversion needs an iteration and a positive rate, not %d and %s"
                            .formatted(iterations, rate));
        }
    }

    /**
     * Inverts pictures.
     *
     * @param images y [N, C, H, W], float32 in [−1, 1], borrowed
     * @param start where z begins, the same shape, borrowed
     * @param labels class of each [N], int64, borrowed; empty for unconditional models
     * @param done hears how many iterations are over
     * @return z*, the same shape, owned by the innermost open {@code Scope}
     */
    public Tensor noise(Tensor images, Tensor start, Optional<Tensor> labels, IntConsumer done) {
        Scope caller = Scope.current();
        long count = start.elementCount();
        double[] sigmas = new double[(int) images.size(0)];
        Arrays.fill(sigmas, sigmaMax);
        try (var _ = Scope.open();
                var adam = Optimizer.create(OptimizerConfig.of(OptimizerConfig.Kind.ADAM), count)) {
            Tensor z = start.reshape(count).copy().detach();
            for (int i = 0; i < iterations; i++) {
                try (var _ = Scope.open()) {
                    Tensor leaf = z.copy().requireGrad();
                    try (var _ = Gradients.enabled()) {
                        Tensor x = leaf.reshape(images.shape()).times(sigmaMax);
                        model.denoise(x, sigmas, labels).minus(images).square().sum().backward();
                    }
                    Tensor gradient = leaf.grad().orElseThrow();
                    adam.step(z, gradient, rate * (iterations - i) / iterations, 1, List.of());
                }
                done.accept(i + 1);
            }
            return z.reshape(images.shape()).escapeTo(caller);
        }
    }
}
