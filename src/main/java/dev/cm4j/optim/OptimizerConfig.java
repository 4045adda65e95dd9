package dev.cm4j.optim;

/**
 * Which optimiser, with its constants.
 *
 * <pre>
 *   m ← β₁ m + (1 - β₁) g        m̂ = m / (1 - β₁ᵗ)
 *   v ← β₂ v + (1 - β₂) g²       v̂ = v / (1 - β₂ᵗ)
 *   θ ← θ - η m̂ / (√v̂ + ε)
 * </pre>
 *
 * @param kind what is done with the moments
 * @param beta1 β₁, in [0, 1)
 * @param beta2 β₂, in [0, 1)
 * @param eps ε, not negative
 * @param weightDecay λ, not negative; added to the gradient as λ θ, and for {@link Kind#ADAMW}
 *     taken from the weights as η λ θ
 */
public record OptimizerConfig(
        Kind kind, double beta1, double beta2, double eps, double weightDecay) {
    /** The optimisers, all as in PyTorch. */
    public enum Kind {
        /**
         * Liu et al. 2020, algorithm 2: no division by √v̂ while its variance is intractable (t ≤
         * 5).
         */
        RADAM,
        /** Kingma &amp; Ba 2015, algorithm 1. */
        ADAM,
        /** Loshchilov &amp; Hutter 2019, algorithm 2. */
        ADAMW
    }

    /**
     * @throws IllegalArgumentException naming the constant that is out of range
     */
    public OptimizerConfig {
        require(beta1 >= 0 && beta1 < 1, "beta1 %s is not in [0, 1)", beta1);
        require(beta2 >= 0 && beta2 < 1, "beta2 %s is not in [0, 1)", beta2);
        require(eps >= 0 && Double.isFinite(eps), "eps %s is negative or no number", eps);
        require(
                weightDecay >= 0 && Double.isFinite(weightDecay),
                "weightDecay %s is negative or no number",
                weightDecay);
    }

    /** PyTorch's constants: β .9 and .999, ε 1e-8, decay .01 for AdamW and none for the others. */
    public static OptimizerConfig of(Kind kind) {
        return new OptimizerConfig(kind, 0.9, 0.999, 1e-8, kind == Kind.ADAMW ? 0.01 : 0);
    }

    /** The optimiser of Song et al. 2023: RAdam with PyTorch's constants and no decay. */
    public static OptimizerConfig radam() {
        return of(Kind.RADAM);
    }

    private static void require(boolean holds, String sentence, double value) {
        if (!holds) {
            throw new IllegalArgumentException(sentence.formatted(value));
        }
    }
}
