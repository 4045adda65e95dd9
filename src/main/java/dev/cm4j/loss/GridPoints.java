package dev.cm4j.loss;

import dev.cm4j.schedule.KarrasGrid;

/** The levels of a batch's grid indices. */
final class GridPoints {

    private GridPoints() {}

    /** i ~ U{0 … count − 1} from uniform numbers. */
    static int[] uniform(double[] uniforms, int count) {
        var indices = new int[uniforms.length];
        for (int n = 0; n < indices.length; n++) {
            indices[n] = Math.min((int) (uniforms[n] * count), count - 1);
        }
        return indices;
    }

    /** σ(i + offset) of each index. */
    static double[] sigmas(KarrasGrid grid, int[] indices, int offset) {
        var sigmas = new double[indices.length];
        for (int n = 0; n < sigmas.length; n++) {
            sigmas[n] = grid.sigma(indices[n] + offset);
        }
        return sigmas;
    }
}
