package dev.cm4j.metric;

import java.util.Arrays;

/**
 * Eigenvalues and eigenvectors of a real symmetric matrix, in plain Java: what the native solver is
 * held against.
 *
 * <pre>
 *   A = V diag(λ) Vᵀ,   λ ascending,   V orthogonal
 * </pre>
 *
 * Householder reduction to tridiagonal form, then implicit QL steps. Source: Bowdler, Martin,
 * Reinsch and Wilkinson 1968, procedures {@code tred2} and {@code tql2}.
 *
 * @param values λ [n], ascending
 * @param vectors V [n][n], column j belongs to values[j]
 */
record JavaEigen(double[] values, double[][] vectors) {

    private static final int MAX_STEPS = 60;

    /**
     * Decomposes a matrix; only symmetry up to rounding is assumed, the lower triangle is read.
     *
     * @param matrix A [n][n], finite, left unchanged
     * @return eigenvalues and eigenvectors
     * @throws IllegalArgumentException if the matrix is not square or holds a non-finite value
     * @throws ArithmeticException if the QL iteration does not settle
     */
    static JavaEigen of(double[][] matrix) {
        int n = matrix.length;
        double[][] v = new double[n][];
        for (int i = 0; i < n; i++) {
            if (matrix[i].length != n) {
                throw new IllegalArgumentException(
                        "matrix row " + i + " has " + matrix[i].length + " entries, not " + n);
            }
            v[i] = matrix[i].clone();
            for (double entry : v[i]) {
                if (!Double.isFinite(entry)) {
                    throw new IllegalArgumentException("matrix row " + i + " holds " + entry);
                }
            }
        }
        double[] d = new double[n];
        double[] e = new double[n];
        if (n > 0) {
            tridiagonalise(v, d, e);
            diagonalise(v, d, e);
        }
        return new JavaEigen(d, v);
    }

    /**
     * V diag(f(λ)) Vᵀ with f(λ) = √max(λ, 0): the square root of a positive semi-definite matrix.
     */
    double[][] squareRoot() {
        int n = values.length;
        double[][] root = new double[n][n];
        double[][] scaled = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n; k++) {
                scaled[i][k] = vectors[i][k] * Math.sqrt(Math.max(values[k], 0));
            }
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int k = 0; k < n; k++) {
                    sum += scaled[i][k] * vectors[j][k];
                }
                root[i][j] = sum;
                root[j][i] = sum;
            }
        }
        return root;
    }

    private static void tridiagonalise(double[][] v, double[] d, double[] e) {
        int n = d.length;
        System.arraycopy(v[n - 1], 0, d, 0, n);
        for (int i = n - 1; i > 0; i--) {
            double scale = 0;
            for (int k = 0; k < i; k++) {
                scale += Math.abs(d[k]);
            }
            double h = 0;
            if (scale == 0) { // the row is zero already: nothing to reflect
                e[i] = d[i - 1];
                for (int j = 0; j < i; j++) {
                    d[j] = v[i - 1][j];
                    v[i][j] = 0;
                    v[j][i] = 0;
                }
            } else {
                h = reflect(v, d, e, i, scale);
            }
            d[i] = h;
        }
        accumulate(v, d);
        for (int j = 0; j < n; j++) {
            d[j] = v[n - 1][j];
            v[n - 1][j] = 0;
        }
        v[n - 1][n - 1] = 1;
        e[0] = 0;
    }

    /** One Householder reflection: clears row i left of its subdiagonal; returns |u|²/2. */
    private static double reflect(double[][] v, double[] d, double[] e, int i, double scale) {
        double h = 0;
        for (int k = 0; k < i; k++) {
            d[k] /= scale;
            h += d[k] * d[k];
        }
        double f = d[i - 1];
        double g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
        e[i] = scale * g;
        h -= f * g;
        d[i - 1] = f - g;
        Arrays.fill(e, 0, i, 0);
        for (int j = 0; j < i; j++) {
            f = d[j];
            v[j][i] = f;
            g = e[j] + v[j][j] * f;
            for (int k = j + 1; k < i; k++) {
                g += v[k][j] * d[k];
                e[k] += v[k][j] * f;
            }
            e[j] = g;
        }
        f = 0;
        for (int j = 0; j < i; j++) {
            e[j] /= h;
            f += e[j] * d[j];
        }
        double half = f / (h + h);
        for (int j = 0; j < i; j++) {
            e[j] -= half * d[j];
        }
        for (int j = 0; j < i; j++) {
            f = d[j];
            g = e[j];
            for (int k = j; k < i; k++) {
                v[k][j] -= f * e[k] + g * d[k];
            }
            d[j] = v[i - 1][j];
            v[i][j] = 0;
        }
        return h;
    }

    /** Multiplies the stored reflections into the orthogonal matrix. */
    private static void accumulate(double[][] v, double[] d) {
        int n = d.length;
        for (int i = 0; i < n - 1; i++) {
            v[n - 1][i] = v[i][i];
            v[i][i] = 1;
            double h = d[i + 1];
            if (h != 0) {
                for (int k = 0; k <= i; k++) {
                    d[k] = v[k][i + 1] / h;
                }
                for (int j = 0; j <= i; j++) {
                    double g = 0;
                    for (int k = 0; k <= i; k++) {
                        g += v[k][i + 1] * v[k][j];
                    }
                    for (int k = 0; k <= i; k++) {
                        v[k][j] -= g * d[k];
                    }
                }
            }
            for (int k = 0; k <= i; k++) {
                v[k][i + 1] = 0;
            }
        }
    }

    private static void diagonalise(double[][] v, double[] d, double[] e) {
        int n = d.length;
        System.arraycopy(e, 1, e, 0, n - 1);
        e[n - 1] = 0;
        double shift = 0;
        double largest = 0;
        for (int l = 0; l < n; l++) {
            largest = Math.max(largest, Math.abs(d[l]) + Math.abs(e[l]));
            int m = l;
            while (m < n - 1 && Math.abs(e[m]) > Math.ulp(1.0) * largest) {
                m++;
            }
            int steps = 0;
            while (m > l && Math.abs(e[l]) > Math.ulp(1.0) * largest) {
                if (++steps > MAX_STEPS) {
                    throw new ArithmeticException("no eigenvalue after " + MAX_STEPS + " QL steps");
                }
                shift += qlStep(v, d, e, l, m);
            }
            d[l] += shift;
            e[l] = 0;
        }
        sort(v, d);
    }

    /** One implicit QL step on rows l…m; returns the shift taken off the rest of the diagonal. */
    private static double qlStep(double[][] v, double[] d, double[] e, int l, int m) {
        int n = d.length;
        double g = d[l];
        double p = (d[l + 1] - g) / (2 * e[l]);
        double r = p < 0 ? -Math.hypot(p, 1) : Math.hypot(p, 1);
        d[l] = e[l] / (p + r);
        d[l + 1] = e[l] * (p + r);
        double next = d[l + 1];
        double h = g - d[l];
        for (int i = l + 2; i < n; i++) {
            d[i] -= h;
        }
        double shift = h;
        p = d[m];
        double c = 1;
        double c2 = c;
        double c3 = c;
        double old = e[l + 1];
        double s = 0;
        double s2 = 0;
        for (int i = m - 1; i >= l; i--) {
            c3 = c2;
            c2 = c;
            s2 = s;
            g = c * e[i];
            h = c * p;
            r = Math.hypot(p, e[i]);
            e[i + 1] = s * r;
            s = e[i] / r;
            c = p / r;
            p = c * d[i] - s * g;
            d[i + 1] = h + s * (c * g + s * d[i]);
            for (int k = 0; k < n; k++) {
                double[] row = v[k];
                double upper = row[i + 1];
                row[i + 1] = s * row[i] + c * upper;
                row[i] = c * row[i] - s * upper;
            }
        }
        p = -s * s2 * c3 * old * e[l] / next;
        e[l] = s * p;
        d[l] = c * p;
        return shift;
    }

    private static void sort(double[][] v, double[] d) {
        int n = d.length;
        for (int i = 0; i < n - 1; i++) {
            int least = i;
            for (int j = i + 1; j < n; j++) {
                if (d[j] < d[least]) {
                    least = j;
                }
            }
            if (least != i) {
                double value = d[least];
                d[least] = d[i];
                d[i] = value;
                for (double[] row : v) {
                    double entry = row[least];
                    row[least] = row[i];
                    row[i] = entry;
                }
            }
        }
    }
}
