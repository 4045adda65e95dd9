package dev.cm4j.edit;

import dev.cm4j.model.PerSample;
import dev.cm4j.tensor.Tensor;

/**
 * The way from one noise to another along a great circle, for each picture by itself.
 *
 * <pre>
 *   ψ = acos(z₁·z₂ / (‖z₁‖‖z₂‖)),   z = [sin((1 − a)ψ) z₁ + sin(aψ) z₂] / sin ψ;   ψ ≈ 0: linear
 * </pre>
 *
 * Source: Shoemake 1985; Song et al. 2023, section 6.3.
 */
public final class Slerp {

    private static final double STRAIGHT = 1e-6;

    private Slerp() {}

    /**
     * Noise between two.
     *
     * @param from z₁ [N, …], float32, borrowed
     * @param to z₂, the same shape, borrowed
     * @param share a of each row [N], 0 for z₁ and 1 for z₂
     * @return the same shape, owned by the innermost open {@code Scope}
     * @throws IllegalArgumentException if there is not one share for each row
     */
    public static Tensor between(Tensor from, Tensor to, double... share) {
        PerSample.require(share, from);
        Tensor first = from.reshape(share.length, -1);
        Tensor second = to.reshape(share.length, -1);
        double[] products = first.times(second).sum(1).toDoubles();
        double[] lengths = first.norm(1).times(second.norm(1)).toDoubles();
        double[] weights = new double[share.length];
        double[] others = new double[share.length];
        for (int n = 0; n < share.length; n++) {
            double cosine = Math.clamp(products[n] / lengths[n], -1, 1);
            double angle = Math.acos(cosine);
            double sine = Math.sin(angle);
            boolean straight = !(sine > STRAIGHT);
            weights[n] = straight ? 1 - share[n] : Math.sin((1 - share[n]) * angle) / sine;
            others[n] = straight ? share[n] : Math.sin(share[n] * angle) / sine;
        }
        return from.times(PerSample.column(weights, from))
                .plus(to.times(PerSample.column(others, to)));
    }
}
