package dev.cm4j.sample;

import dev.cm4j.model.PerSample;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;

/**
 * Great-circle interpolation of noise, sample by sample, which keeps its length.
 *
 * <pre>
 *   ψ = acos(a·b/(‖a‖ ‖b‖));   z = [sin((1 − s)ψ) a + sin(sψ) b]/sin ψ;   ψ ≈ 0: (1 − s) a + s b
 * </pre>
 *
 * <p>Source: Shoemake 1985; Song et al. 2023, appendix D.
 */
public final class Slerp {

    private static final double STRAIGHT = 1e-6;

    private Slerp() {}

    /**
     * Interpolates.
     *
     * @param a where the share is 0 [N, …], float32, borrowed
     * @param b where the share is 1, shape of a, borrowed
     * @param shares s of each sample [N]
     * @return [N, …], owned by the innermost open {@code Scope}
     * @throws IllegalArgumentException if shapes or the number of shares differ
     */
    public static Tensor between(Tensor a, Tensor b, double... shares) {
        if (!Arrays.equals(a.shape(), b.shape()) || a.rank() < 2 || a.size(0) != shares.length) {
            throw new IllegalArgumentException(
                    "cannot interpolate between %s and %s with %d shares"
                            .formatted(a, b, shares.length));
        }
        var flatA = a.reshape(shares.length, a.elementCount() / shares.length);
        var flatB = b.reshape(shares.length, flatA.size(1));
        var dot = flatA.times(flatB).sum(1).toDoubles();
        var normA = flatA.norm(1).toDoubles();
        var normB = flatB.norm(1).toDoubles();
        var ofA = new double[shares.length];
        var ofB = new double[shares.length];
        for (int n = 0; n < shares.length; n++) {
            var cosine = Math.clamp(dot[n] / (normA[n] * normB[n]), -1, 1);
            var angle = Math.acos(cosine);
            var straight = !(Math.sin(angle) > STRAIGHT);
            ofA[n] = straight ? 1 - shares[n] : Math.sin((1 - shares[n]) * angle) / Math.sin(angle);
            ofB[n] = straight ? shares[n] : Math.sin(shares[n] * angle) / Math.sin(angle);
        }
        return a.times(PerSample.column(ofA, a)).plus(b.times(PerSample.column(ofB, b)));
    }
}
