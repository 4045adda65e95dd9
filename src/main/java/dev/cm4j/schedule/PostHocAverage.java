package dev.cm4j.schedule;

import java.util.List;

/**
 * Averages of any width after training, as sums of stored ones.
 *
 * <pre>
 *   p_γ(τ; t) = (γ + 1) τ^γ / t^(γ+1),  0 ≤ τ ≤ t              profile of an average at time t
 *   x = argmin ∫ (Σ_i x_i p_γi(τ; t_i) − p_γ(τ; t))² dτ        so A x = b with
 *   A_ij = ⟨p_i, p_j⟩,  b_i = ⟨p_i, p⟩
 *   ⟨p_a, p_b⟩ = (γ_a + 1)(γ_b + 1) (t_a / t_b)^γ_b / ((γ_a + γ_b + 1) t_b)    for t_a ≤ t_b
 * </pre>
 *
 * <p>Source: Karras et al. 2024 (EDM2), section 3.2 and appendix C, equations 3, 139 and 145 to
 * 151.
 */
public final class PostHocAverage {

    private PostHocAverage() {}

    /**
     * An average of the weights up to a time.
     *
     * @param time t, steps since the average began, positive
     * @param rate whose γ says how wide it is
     */
    public record Profile(double time, EmaRate.Power rate) {

        /**
         * Checks the time.
         *
         * @throws IllegalArgumentException if it is not positive
         */
        public Profile {
            if (!(time > 0 && time < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "a profile ends after a positive time, not after " + time);
            }
        }

        private double gamma() {
            return rate.gamma();
        }
    }

    /** ⟨p_a, p_b⟩, in 1 / steps. */
    static double product(Profile one, Profile other) {
        Profile a = one.time <= other.time ? one : other;
        Profile b = one.time <= other.time ? other : one;
        return (a.gamma() + 1)
                * (b.gamma() + 1)
                * Math.pow(a.time / b.time, b.gamma())
                / ((a.gamma() + b.gamma() + 1) * b.time);
    }

    /**
     * The factor of each stored average in the sum that is nearest to another one.
     *
     * @param stored different profiles, at least one
     * @param wanted the profile to approach
     * @return x, in the order of the stored profiles
     * @throws IllegalArgumentException if nothing is stored, or something twice
     */
    public static double[] factors(List<Profile> stored, Profile wanted) {
        if (stored.isEmpty() || stored.stream().distinct().count() < stored.size()) {
            throw new IllegalArgumentException(
                    "an average is made of at least one stored one, and of none twice");
        }
        int n = stored.size();
        double[][] system = new double[n][n + 1]; // A and b side by side
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                system[i][j] = product(stored.get(i), stored.get(j));
            }
            system[i][n] = product(stored.get(i), wanted);
        }
        return solve(system);
    }

    /** Elimination with the largest pivot of each column. */
    private static double[] solve(double[]... system) {
        int n = system.length;
        for (int k = 0; k < n; k++) {
            int pivot = k;
            for (int i = k + 1; i < n; i++) {
                if (Math.abs(system[i][k]) > Math.abs(system[pivot][k])) {
                    pivot = i;
                }
            }
            double[] row = system[pivot];
            system[pivot] = system[k];
            system[k] = row;
            for (int i = k + 1; i < n; i++) {
                double share = system[i][k] / row[k];
                for (int j = k; j <= n; j++) {
                    system[i][j] -= share * row[j];
                }
            }
        }
        double[] x = new double[n];
        for (int i = n - 1; i >= 0; i--) {
            double rest = system[i][n];
            for (int j = i + 1; j < n; j++) {
                rest -= system[i][j] * x[j];
            }
            x[i] = rest / system[i][i];
        }
        return x;
    }

    /**
     * How far the nearest sum is from the profile itself.
     *
     * @param stored the profiles that are summed
     * @param factors x
     * @param wanted the profile approached
     * @return ‖Σ x_i p_i − p‖ / ‖p‖, 0 where they are one
     */
    public static double error(List<Profile> stored, double[] factors, Profile wanted) {
        double square = product(wanted, wanted);
        for (int i = 0; i < factors.length; i++) {
            square -= 2 * factors[i] * product(stored.get(i), wanted);
            for (int j = 0; j < factors.length; j++) {
                square += factors[i] * factors[j] * product(stored.get(i), stored.get(j));
            }
        }
        return Math.sqrt(Math.max(0, square) / product(wanted, wanted));
    }
}
