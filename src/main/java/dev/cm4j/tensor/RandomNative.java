package dev.cm4j.tensor;

import dev.cm4j.ffi.Cm4j_h;
import dev.cm4j.foreign.Scratch;
import dev.cm4j.foreign.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Downcalls for random streams and counter-based noise. */
final class RandomNative {
    static final int NORMAL = Cm4j_h.CM_NORMAL();
    static final int UNIFORM = Cm4j_h.CM_UNIFORM();
    static final int INTEGER = Cm4j_h.CM_INTEGER();
    static final int PERMUTATION = Cm4j_h.CM_PERMUTATION();

    private RandomNative() {}

    static MemorySegment create(long seed, Arena arena) {
        Scratch scratch = Scratch.ofThread();
        Status.check(Cm4j_h.cm_rng_create(seed, scratch.out()), "a new random stream");
        return scratch.outHandle().reinterpret(arena, Cm4j_h::cm_rng_free);
    }

    static void seed(MemorySegment rng, long seed) {
        Status.check(Cm4j_h.cm_rng_seed(rng, seed), "seeding a random stream");
    }

    static byte[] state(MemorySegment rng) {
        Scratch scratch = Scratch.ofThread();
        String what = "state of a random stream";
        Status.check(Cm4j_h.cm_rng_state_get(rng, MemorySegment.NULL, 0, scratch.out()), what);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(scratch.outLong());
            Status.check(
                    Cm4j_h.cm_rng_state_get(rng, state, state.byteSize(), scratch.out()), what);
            return state.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    static void restore(MemorySegment rng, byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(bytes.length);
            state.copyFrom(MemorySegment.ofArray(bytes));
            Status.check(
                    Cm4j_h.cm_rng_state_set(rng, state, bytes.length), "restoring a random stream");
        }
    }

    static Tensor draw(int kind, MemorySegment rng, long low, long high, long... shape) {
        Scope scope = Scope.current();
        MemorySegment sizes = scope.scratch().longs(shape);
        int status = Cm4j_h.cm_rng_draw(kind, rng, low, high, sizes, shape.length, scope.out());
        return scope.result(status, "a random draw");
    }

    static void noise(int kind, long seed, long[] images, int draw, Tensor out) {
        MemorySegment list = Scratch.ofThread().longs(images);
        int status =
                kind == NORMAL
                        ? Cm4j_h.cm_noise_normal(seed, list, images.length, draw, out.handle())
                        : Cm4j_h.cm_noise_uniform(seed, list, images.length, draw, out.handle());
        Scope.check(status, "noise", out);
    }
}
