package dev.cm4j.tensor;

import dev.cm4j.ffi.Cm4j_h;
import java.lang.foreign.MemorySegment;

/** Downcalls for batches of images. */
final class ImagesNative {
    static final int L1 = Cm4j_h.CM_DISTANCE_L1();
    static final int L2 = Cm4j_h.CM_DISTANCE_L2();
    static final int NORM = Cm4j_h.CM_DISTANCE_NORM();
    static final int PSEUDO_HUBER = Cm4j_h.CM_DISTANCE_PSEUDO_HUBER();

    private ImagesNative() {}

    static Tensor combine(Tensor x, double[] coefficients) {
        Scope scope = Scope.current();
        return scope.result(
                combine(scope, x.handle(), MemorySegment.NULL, coefficients), "scale", x);
    }

    static Tensor combine(Tensor x, Tensor y, double[] coefficients) {
        Scope scope = Scope.current();
        return scope.result(combine(scope, x.handle(), y.handle(), coefficients), "combine", x, y);
    }

    private static int combine(
            Scope scope, MemorySegment x, MemorySegment y, double[] coefficients) {
        return Cm4j_h.cm_combine(
                x, y, scope.scratch().doubles(coefficients), coefficients.length, scope.out());
    }

    static Tensor halfNorms(Tensor pixels) {
        Scope scope = Scope.current();
        return scope.result(
                Cm4j_h.cm_half_norms(pixels.handle(), scope.out()), "halfNorms", pixels);
    }

    static Tensor idealMeans(
            Tensor x, double[] precisions, long[] ranges, Tensor pixels, Tensor halfNorms) {
        Scope scope = Scope.current();
        return scope.result(
                Cm4j_h.cm_ideal_means(
                        x.handle(),
                        scope.scratch().doubles(precisions),
                        scope.scratch().longs(ranges),
                        pixels.handle(),
                        halfNorms.handle(),
                        scope.out()),
                "idealMeans",
                x,
                pixels,
                halfNorms);
    }

    static Tensor distance(int kind, double c, Tensor a, Tensor b) {
        Scope scope = Scope.current();
        return scope.result(
                Cm4j_h.cm_distance(kind, c, a.handle(), b.handle(), scope.out()), "distance", a, b);
    }
}
