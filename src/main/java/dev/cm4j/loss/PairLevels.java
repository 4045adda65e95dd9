package dev.cm4j.loss;

import dev.cm4j.schedule.Weighting;

/**
 * What distinguishes one step of an objective on pairs of points from another: the rest of the step
 * is the same sequence of operations each time, which a device may record as a graph.
 *
 * <pre>
 *   L = mean λ d(f_θ(x₀ + t z, t), sg f_θ⁻(x₀ + r z, r)),   the goal being x₀ where r = 0
 * </pre>
 *
 * @param t noise level of each sample's noisier point [N]
 * @param r that of its cleaner point [N]
 * @param weights λ of each sample [N]
 * @param distance d
 * @param nanIsZero whether a goal that is no number counts as 0
 */
public record PairLevels(
        double[] t, double[] r, double[] weights, Distance distance, boolean nanIsZero) {

    static PairLevels weighted(
            double[] t,
            double[] r,
            Weighting weighting,
            Distance distance,
            double sigmaData,
            boolean nanIsZero) {
        var weights = new double[t.length];
        for (int n = 0; n < weights.length; n++) {
            weights[n] = weighting.weight(t[n], r[n], sigmaData);
        }
        return new PairLevels(t, r, weights, distance, nanIsZero);
    }
}
