package dev.cm4j.loss;

import java.util.Arrays;

/**
 * The learnt logarithm of a loss's weight as a function of the noise level, which brings the losses
 * of all levels to about 1.
 *
 * <pre>
 *   w(t) = a · φ(t),   φ(t) = (1, cos 2t, sin 2t, … cos 16t, sin 16t),   t = atan σ
 *   a minimises mean [e^{w(t)} ℓ − w(t)]:   ∂/∂a = mean (e^{w(t)} ℓ − 1) φ(t)
 * </pre>
 *
 * <p>One linear layer over features of the time, with Adam (β 0.9 and 0.99) of its own at the run's
 * learning rate. It begins at w = 0 and belongs to the state of a run.
 *
 * <p>Source: Lu &amp; Song 2024, section 4.2 (adaptive weighting), after Karras et al. 2024.
 */
public final class WeightHead {

    private static final int FREQUENCIES = 8;
    private static final int FEATURES = 1 + 2 * FREQUENCIES;
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.99;
    private static final double EPS = 1e-8;

    private final double[] a = new double[FEATURES];
    private final double[] first = new double[FEATURES];
    private final double[] second = new double[FEATURES];
    private long steps;

    /**
     * The factor e^w of a loss.
     *
     * @param sigma noise level, not negative
     */
    public double weight(double sigma) {
        double[] features = features(sigma);
        double w = 0;
        for (int i = 0; i < FEATURES; i++) {
            w += a[i] * features[i];
        }
        return Math.exp(w);
    }

    /**
     * Takes a step of Adam.
     *
     * @param sigma noise level of each sample
     * @param weighted e^w ℓ of each sample, with the w of before the step
     * @param learningRate η
     */
    public void learn(double[] sigma, double[] weighted, double learningRate) {
        double[] gradient = new double[FEATURES];
        for (int n = 0; n < sigma.length; n++) {
            double[] features = features(sigma[n]);
            for (int i = 0; i < FEATURES; i++) {
                gradient[i] += (weighted[n] - 1) * features[i] / sigma.length;
            }
        }
        steps++;
        for (int i = 0; i < FEATURES; i++) {
            first[i] += (1 - BETA1) * (gradient[i] - first[i]);
            second[i] += (1 - BETA2) * (gradient[i] * gradient[i] - second[i]);
            double mean = first[i] / (1 - Math.pow(BETA1, (double) steps));
            double square = second[i] / (1 - Math.pow(BETA2, (double) steps));
            a[i] -= learningRate * mean / (Math.sqrt(square) + EPS);
        }
    }

    private static double[] features(double sigma) {
        double t = Math.atan(sigma);
        double[] features = new double[FEATURES];
        features[0] = 1;
        for (int k = 1; k <= FREQUENCIES; k++) {
            features[2 * k - 1] = Math.cos(2 * k * t);
            features[2 * k] = Math.sin(2 * k * t);
        }
        return features;
    }

    /**
     * Everything it carries from step to step: a, both moments and the number of steps.
     *
     * @return a new array
     */
    public double[] state() {
        double[] all = new double[3 * FEATURES + 1];
        System.arraycopy(a, 0, all, 0, FEATURES);
        System.arraycopy(first, 0, all, FEATURES, FEATURES);
        System.arraycopy(second, 0, all, 2 * FEATURES, FEATURES);
        all[3 * FEATURES] = steps;
        return all;
    }

    /**
     * Continues from a state.
     *
     * @param state of {@link #state}
     * @throws IllegalArgumentException if it has another length
     */
    public void restore(double[] state) {
        if (state.length != 3 * FEATURES + 1) {
            throw new IllegalArgumentException(
                    "the state of a weight head has %d numbers, not %d"
                            .formatted(3 * FEATURES + 1, state.length));
        }
        System.arraycopy(state, 0, a, 0, FEATURES);
        System.arraycopy(state, FEATURES, first, 0, FEATURES);
        System.arraycopy(state, 2 * FEATURES, second, 0, FEATURES);
        steps = (long) state[3 * FEATURES];
    }

    @Override
    public String toString() {
        return "WeightHead" + Arrays.toString(a);
    }
}
