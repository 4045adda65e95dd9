package dev.cm4j.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A random stream with a state, equal to PyTorch's CPU generator of the same seed.
 *
 * <p>A normal draw of fewer than 16 elements takes another path than a longer one, as in PyTorch,
 * so draws are never split. One thread at a time. The stream lives until it is closed; what it
 * draws belongs to the innermost {@link Scope}.
 */
public final class Rng implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment handle;

    private Rng(long seed) {
        handle = RandomNative.create(seed, arena);
    }

    /** A stream at its beginning. */
    public static Rng seeded(long seed) {
        return new Rng(seed);
    }

    /** Standard normal numbers, {@code F32}. */
    public Tensor normal(long... shape) {
        return RandomNative.draw(RandomNative.NORMAL, handle(), 0, 0, shape);
    }

    /** Uniform numbers of [0, 1), {@code F32}. */
    public Tensor uniform(long... shape) {
        return RandomNative.draw(RandomNative.UNIFORM, handle(), 0, 0, shape);
    }

    /** Uniform integers of [low, high), {@code I64}. */
    public Tensor integers(long low, long high, long... shape) {
        return RandomNative.draw(RandomNative.INTEGER, handle(), low, high, shape);
    }

    /** The numbers 0 … n - 1 in random order, {@code I64 [n]}. */
    public Tensor permutation(long n) {
        return RandomNative.draw(RandomNative.PERMUTATION, handle(), 0, n, n);
    }

    /** Everything that decides the numbers to come; 5056 bytes, PyTorch's own layout. */
    public byte[] state() {
        return RandomNative.state(handle());
    }

    /**
     * Goes on from a state.
     *
     * @throws IllegalArgumentException if this is no such state
     */
    public void restore(byte[] state) {
        RandomNative.restore(handle(), state);
    }

    /** Back to the beginning of another stream. */
    public void seed(long seed) {
        RandomNative.seed(handle(), seed);
    }

    /** Ends the stream; does nothing the second time. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private MemorySegment handle() {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("this random stream is closed");
        }
        return handle;
    }
}
