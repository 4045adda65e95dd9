package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * Knowledge distillation: one step of the student learns what a whole deterministic sampler of the
 * teacher makes of the same noise.
 *
 * <pre>
 *   n ~ U{0 … P−1};   L = mean d(f_θ(T z_n, T), S(z_n))     S the sampler, P the number of pairs
 * </pre>
 *
 * <p>The pairs are made once and kept; training images only set the size of a batch.
 *
 * <p>Source: Luhman &amp; Luhman 2021 (arXiv 2101.02388), equation 5.
 *
 * @param pairs z_n and S(z_n)
 * @param distance d
 * @param sigmaMax T
 */
public record KnowledgeDistillation(Pairs pairs, Distance distance, double sigmaMax)
        implements Objective {

    @Override
    public long distanceBytes(int images, int size) {
        return distance.bytes(images, size);
    }

    @Override
    public LossTerms evaluate(
            Tensor x0,
            Optional<Tensor> labels,
            StepContext step,
            ConsistencyModel online,
            ConsistencyModel target) {
        var numbers =
                Arrays.stream(step.uniforms(x0))
                        .mapToLong(u -> Math.min((long) (u * pairs.count()), pairs.count() - 1))
                        .toArray(); // n ~ U{0 … P−1}
        var t = new double[numbers.length];
        Arrays.fill(t, sigmaMax);
        var noisy = pairs.noise(numbers).to(x0.device()).times(sigmaMax); // T z
        var goal = pairs.pictures(numbers).to(x0.device());
        var classes =
                online.net().config().classes() == 0
                        ? Optional.<Tensor>empty()
                        : pairs.labels(numbers).map(all -> all.to(x0.device()));
        return new ConsistencyPair(noisy, t, goal, new double[t.length])
                .loss(goal, Weighting.UNIFORM, distance, classes, online, step.dropoutSeed());
    }
}
