package dev.cm4j.schedule;

import java.util.Arrays;

/**
 * N noise levels from T down to ε, evenly spaced in σ^{1/ρ}.
 *
 * <pre>
 *   σ(i; N) = (T^{1/ρ} + i/(N−1) · (ε^{1/ρ} − T^{1/ρ}))^ρ,   i = 0 … N−1
 * </pre>
 *
 * <p>The index descends in noise: σ(0) = T and σ(N−1) = ε, both exact. The papers index the other
 * way round: n = N − i, counted from 1. With one point the grid is {T}.
 *
 * <p>Source: Karras et al. 2022, equation 5; direction as in the original consistency code.
 *
 * @param points N, at least 1
 * @param sigmaMin ε, smallest noise level, positive, in units of the [−1, 1] image range
 * @param sigmaMax T, largest noise level, above ε
 * @param rho ρ, positive
 */
public record KarrasGrid(int points, double sigmaMin, double sigmaMax, double rho) {

    /**
     * Checks the interval and the number of points.
     *
     * @throws IllegalArgumentException if points is below 1, or the range is not one
     */
    public KarrasGrid {
        if (points < 1) {
            throw new IllegalArgumentException(
                    "a noise grid needs at least 1 point, but has " + points);
        }
        new NoiseRange(sigmaMin, sigmaMax, rho);
    }

    /**
     * One level.
     *
     * @param i index, 0 … points − 1
     * @return σ(i; N)
     * @throws IndexOutOfBoundsException if i is not an index of the grid
     */
    public double sigma(int i) {
        if (i < 0 || i >= points) {
            throw new IndexOutOfBoundsException(
                    "noise level " + i + " of a grid with indices 0 to " + (points - 1));
        }
        return i == 0 ? sigmaMax : sigmaAt((double) i / (points - 1), sigmaMin, sigmaMax, rho);
    }

    /**
     * All levels, largest first.
     *
     * @return a new array [points]
     */
    public double[] sigmas() {
        var sigmas = new double[points];
        for (int i = 0; i < points; i++) {
            sigmas[i] = sigma(i);
        }
        return sigmas;
    }

    /**
     * All levels and a final 0, the steps of an ordinary differential equation solver.
     *
     * @return a new array [points + 1]
     */
    public double[] sigmasWithZero() {
        return Arrays.copyOf(sigmas(), points + 1);
    }

    /**
     * The interval this grid divides.
     *
     * @return the range with the same ends and curvature
     */
    public NoiseRange range() {
        return new NoiseRange(sigmaMin, sigmaMax, rho);
    }

    /**
     * The continuous curve behind every grid; see {@link NoiseRange#at}.
     *
     * @param u position, 0 for sigmaMax, 1 for sigmaMin
     * @param sigmaMin ε, positive
     * @param sigmaMax T, above ε
     * @param rho ρ, positive
     * @return σ(u)
     */
    public static double sigmaAt(double u, double sigmaMin, double sigmaMax, double rho) {
        return new NoiseRange(sigmaMin, sigmaMax, rho).at(u);
    }
}
