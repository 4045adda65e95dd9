package dev.cm4j.tensor;

import dev.cm4j.foreign.TorchException;

/**
 * Eigenvalues and eigenvectors of a real symmetric matrix, by LAPACK in double precision.
 *
 * <pre>
 *   A = V diag(λ) Vᵀ,   λ ascending,   V orthogonal
 * </pre>
 *
 * @param values λ [n], float64, ascending
 * @param vectors V [n, n], float64; column j belongs to values[j]
 */
public record SymmetricEigen(Tensor values, Tensor vectors) {

    private static final int REFUSED = 1; // CM_TORCH

    /**
     * Decomposes a matrix; only symmetry up to rounding is assumed, the lower triangle is read.
     *
     * @param matrix A [n, n], float64, finite, left unchanged
     * @return eigenvalues and eigenvectors, owned by the innermost open scope
     * @throws ArithmeticException if an element is not finite or an eigenvalue does not settle
     */
    public static SymmetricEigen of(Tensor matrix) {
        Tensor packed = solve(matrix, true); // [n + 1, n]: the values, then V
        return new SymmetricEigen(packed.select(0, 0), packed.narrow(0, 1, packed.size(0) - 1));
    }

    /**
     * The eigenvalues alone, which takes less time.
     *
     * @param matrix as in {@link #of}
     * @return λ [n], float64, ascending, owned by the innermost open scope
     * @throws ArithmeticException as in {@link #of}
     */
    public static Tensor values(Tensor matrix) {
        return solve(matrix, false);
    }

    /**
     * B = V diag(√max(λ, 0)), for which B Bᵀ = A where A is positive semi-definite.
     *
     * @return B [n, n], float64, owned by the innermost open scope
     */
    public Tensor factor() {
        return vectors.times(values.maximum(0).sqrt());
    }

    private static Tensor solve(Tensor matrix, boolean vectors) {
        if (matrix.isFinite().to(DType.F32).min().item() == 0) {
            throw new ArithmeticException(matrix + " holds a value that is not finite");
        }
        try {
            return MathNative.symmetricEigen(matrix, vectors);
        } catch (TorchException e) {
            if (e.code() != REFUSED) {
                throw e;
            }
            var unsettled =
                    new ArithmeticException("the eigenvalues of " + matrix + " do not settle");
            unsettled.initCause(e);
            throw unsettled;
        }
    }
}
