package dev.cm4j.tensor;

import dev.cm4j.foreign.Scratch;
import dev.cm4j.foreign.Status;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The life time of tensors: each new tensor belongs to the innermost open scope of its thread and
 * ends with it.
 *
 * <pre>
 *   try (var _ = Scope.open()) {
 *       Tensor loss = model.denoise(x, sigma).minus(x0).square().mean();
 *       kept = loss.escapeTo(outer);
 *   }   // everything else is freed here
 * </pre>
 *
 * A tensor used after its scope has closed throws {@link IllegalStateException}, one used by
 * another thread {@link WrongThreadException}. Scopes close innermost first. Virtual threads are
 * refused.
 */
public final class Scope implements AutoCloseable {
    private static final ThreadLocal<Scope> INNERMOST = new ThreadLocal<>();

    private final Thread owner = Thread.currentThread();
    private final Scratch scratch = Scratch.ofThread();
    private final Arena arena = Arena.ofConfined();
    private final boolean stacked;
    private final Scope outer;
    private boolean closed;

    private Scope(boolean stacked) {
        this.stacked = stacked;
        this.outer = stacked ? INNERMOST.get() : null;
    }

    /**
     * Opens a scope inside those already open on this thread.
     *
     * @throws IllegalStateException on a virtual thread
     * @throws dev.cm4j.foreign.NativeLibraryException if the native library cannot be loaded
     */
    public static Scope open() {
        Scope scope = new Scope(true);
        INNERMOST.set(scope);
        return scope;
    }

    /**
     * Opens a scope beside the others, for an object that keeps tensors between steps: it receives
     * only what {@link Tensor#escapeTo} or {@link #adopt} puts there, and may close at any time.
     */
    public static Scope keeper() {
        return new Scope(false);
    }

    /**
     * The innermost open scope of this thread.
     *
     * @throws IllegalStateException if none is open
     */
    public static Scope current() {
        Scope scope = INNERMOST.get();
        if (scope == null) {
            throw new IllegalStateException(
                    "no Scope is open on thread '"
                            + Thread.currentThread().getName()
                            + "'; work inside try (var scope = Scope.open()) { … }");
        }
        return scope;
    }

    /** Whether tensors of this scope may still be used. */
    public boolean isOpen() {
        return !closed;
    }

    /**
     * Takes ownership of a native tensor handle; for the native edges of {@code nn} and {@code
     * optim}.
     *
     * @param raw a {@code cm_tensor *} that belongs to the caller
     */
    public Tensor adopt(MemorySegment raw) {
        check();
        return new Tensor(raw.reinterpret(arena, TensorNative::free), this);
    }

    /**
     * Frees all tensors of this scope; does nothing the second time.
     *
     * @throws WrongThreadException on another thread than the one that opened it
     * @throws IllegalStateException if a scope opened later is still open
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        check();
        if (stacked) {
            if (INNERMOST.get() != this) {
                throw new IllegalStateException(
                        "a Scope opened inside this one is still open; close that first");
            }
            if (outer == null) {
                INNERMOST.remove();
            } else {
                INNERMOST.set(outer);
            }
        }
        closed = true;
        arena.close();
    }

    /** Throws unless this thread may use what the scope owns. */
    void check() {
        if (!owner.equals(Thread.currentThread())) {
            throw new WrongThreadException(
                    "this Scope and its tensors belong to thread '"
                            + owner.getName()
                            + "', not to '"
                            + Thread.currentThread().getName()
                            + "'");
        }
        if (closed) {
            throw new IllegalStateException(
                    "the Scope of this tensor is closed; escapeTo(outer) keeps a tensor longer");
        }
    }

    Arena arena() {
        return arena;
    }

    Scratch scratch() {
        return scratch;
    }

    MemorySegment out() {
        return scratch.out();
    }

    /** The tensor a native call has left in {@link #out()}, or the exception it failed with. */
    Tensor result(int status, String operation, Tensor... operands) {
        check(status, operation, operands);
        return adopt(scratch.outHandle());
    }

    /** Throws the exception of a failed native call. */
    static void check(int status, String operation, Tensor... operands) {
        if (status != 0) {
            String names =
                    Arrays.stream(operands)
                            .map(Tensor::toString)
                            .collect(Collectors.joining(" and "));
            Status.check(status, names.isEmpty() ? operation : operation + " of " + names);
        }
    }
}
