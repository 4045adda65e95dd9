package dev.cm4j.tensor;

import dev.cm4j.tensor.TensorNative.Layout;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * An n-dimensional array of LibTorch, row-major unless it is a view.
 *
 * <p>A tensor belongs to the {@link Scope} that was innermost when it was made, is freed with it,
 * and is used on that scope's thread only. Views ({@code reshape}, {@code permute}, {@code narrow},
 * …) share their elements with the original and may outlive it. Operations are inherited: {@link
 * Elementwise}, {@link Reductions}, {@link Shaping}; they broadcast as in PyTorch and are recorded
 * for differentiation inside {@link Gradients#enabled()}.
 *
 * <p>All methods throw {@link IllegalStateException} after the scope or the tensor has closed,
 * {@link WrongThreadException} on another thread, and {@code dev.cm4j.foreign.TorchException} where
 * LibTorch refuses.
 */
public final class Tensor implements Elementwise, Reductions, Shaping, AutoCloseable {
    private final MemorySegment handle;
    private final Scope scope;
    private Layout layout;
    private boolean dropped;

    Tensor(MemorySegment handle, Scope scope) {
        this.handle = handle;
        this.scope = scope;
    }

    /** A copy of the values, {@code F32}; without a shape it is {@code [values.length]}. */
    public static Tensor of(float[] values, long... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.F32, orFlat(values.length, shape));
    }

    /** A copy of the values, {@code F64}; without a shape it is {@code [values.length]}. */
    public static Tensor of(double[] values, long... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.F64, orFlat(values.length, shape));
    }

    /** A copy of the values, {@code I64}; without a shape it is {@code [values.length]}. */
    public static Tensor of(long[] values, long... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.I64, orFlat(values.length, shape));
    }

    /** A copy of the values, {@code U8}; without a shape it is {@code [values.length]}. */
    public static Tensor of(byte[] values, long... shape) {
        return copyOf(MemorySegment.ofArray(values), DType.U8, orFlat(values.length, shape));
    }

    /**
     * A copy of memory, native or of a Java array.
     *
     * @param data the elements, row-major, little-endian
     * @param shape sizes; none for a single number
     * @throws IllegalArgumentException if dtype and shape need another number of bytes
     */
    public static Tensor copyOf(MemorySegment data, DType dtype, long... shape) {
        requireBytes(data, dtype, shape);
        Tensor copy = empty(dtype, shape);
        copy.memory().copyFrom(data);
        return copy;
    }

    /**
     * A tensor over native memory, with no copy, to be read only. The segment stays reachable until
     * the last tensor over it is gone; where its arena is closed by hand, that must be later.
     *
     * @param data the elements, row-major, little-endian
     * @throws IllegalArgumentException if the memory is a Java array's, ill aligned, or of another
     *     size
     */
    public static Tensor wrap(MemorySegment data, DType dtype, long... shape) {
        requireBytes(data, dtype, shape);
        if (!data.isNative()) {
            throw new IllegalArgumentException(
                    "only native memory can be wrapped; copyOf takes a Java array");
        }
        if (data.address() % dtype.bytes() != 0) {
            throw new IllegalArgumentException(
                    "the address of the segment is no multiple of the %d bytes of %s; use copyOf"
                            .formatted(dtype.bytes(), dtype));
        }
        return TensorNative.wrap(data, dtype, shape);
    }

    /** Uninitialised elements, to be written before they are read. */
    public static Tensor empty(DType dtype, long... shape) {
        return TensorNative.empty(dtype, shape);
    }

    /** All 0. */
    public static Tensor zeros(DType dtype, long... shape) {
        return TensorNative.full(0, dtype, shape);
    }

    /** All 1. */
    public static Tensor ones(DType dtype, long... shape) {
        return TensorNative.full(1, dtype, shape);
    }

    /** All one value. */
    public static Tensor full(double value, DType dtype, long... shape) {
        return TensorNative.full(value, dtype, shape);
    }

    /** a where the condition holds, else b; the three broadcast against each other. */
    public static Tensor where(Tensor condition, Tensor a, Tensor b) {
        return MathNative.where(condition, a, b);
    }

    /** The parts one after another along an existing dimension. */
    public static Tensor cat(int dim, Tensor... parts) {
        return MathNative.cat(dim, List.of(parts));
    }

    /** The parts one after another along an existing dimension. */
    public static Tensor cat(int dim, List<Tensor> parts) {
        return MathNative.cat(dim, parts);
    }

    /** Parts of one shape along a new dimension: {@code [A, B] → [n, A, B]} for dim 0. */
    public static Tensor stack(int dim, List<Tensor> parts) {
        return MathNative.cat(dim, parts.stream().map(part -> part.unsqueeze(dim)).toList());
    }

    /**
     * The native handle, for the native edges of {@code nn} and {@code optim}; valid while this
     * tensor is.
     */
    public MemorySegment handle() {
        scope.check();
        if (dropped) {
            throw new IllegalStateException("this tensor was closed");
        }
        return handle;
    }

    /** Sizes of the dimensions. */
    public long[] shape() {
        return layout().shape().clone();
    }

    /** Number of dimensions; 0 for a single number. */
    public int rank() {
        return layout().shape().length;
    }

    /**
     * @param dim 0 the first, -1 the last
     * @throws IndexOutOfBoundsException if there is no such dimension
     */
    public long size(int dim) {
        long[] shape = layout().shape();
        return shape[checkDim(dim, shape.length)];
    }

    /** Number of elements. */
    public long elementCount() {
        return layout().elementCount();
    }

    /** Type of the elements. */
    public DType dtype() {
        return layout().dtype();
    }

    /** Where the elements are. */
    public Device device() {
        return layout().device();
    }

    /** Whether the elements lie row-major without gaps. */
    public boolean isContiguous() {
        return layout().contiguous();
    }

    /** Whether this tensor wants a gradient or depends on one that does. */
    public boolean requiresGrad() {
        return TensorNative.requiresGrad(this, scope);
    }

    /** The same values in another type; this tensor's own storage where nothing changes. */
    public Tensor to(DType dtype) {
        return TensorNative.to(this, dtype, device());
    }

    /** The same values on another device. */
    public Tensor to(Device device) {
        return TensorNative.to(this, dtype(), device);
    }

    /** Row-major: this storage where it is so already, else a copy. */
    public Tensor contiguous() {
        return TensorNative.contiguous(this);
    }

    /** A copy with a storage of its own. */
    public Tensor copy() {
        return TensorNative.copy(this);
    }

    /** The same storage, cut off from differentiation. */
    public Tensor detach() {
        return TensorNative.detach(this);
    }

    /** Asks for the gradient with respect to this leaf. Returns this tensor. */
    public Tensor requireGrad() {
        TensorNative.requireGrad(this);
        return this;
    }

    /** The gradient accumulated so far, where there is one. */
    public Optional<Tensor> grad() {
        return TensorNative.grad(this);
    }

    /** Adds the gradients of this single number to all leaves and networks it depends on. */
    public void backward() {
        TensorNative.backward(this);
    }

    /** As {@link #backward()} for the sum of this times a seed of the same shape. */
    public void backward(Tensor seed) {
        TensorNative.backward(this, seed);
    }

    /** Overwrites the elements with those of a tensor of the same shape; not recorded. */
    public void assign(Tensor source) {
        TensorNative.copy(this, source);
    }

    /** Overwrites all elements with one value; not recorded. */
    public void fill(double value) {
        TensorNative.fill(this, value);
    }

    /** All elements, row-major, converted to float. */
    public float[] toFloats() {
        float[] values = new float[Math.toIntExact(elementCount())];
        read(DType.F32, MemorySegment.ofArray(values));
        return values;
    }

    /** All elements, row-major, converted to double. */
    public double[] toDoubles() {
        double[] values = new double[Math.toIntExact(elementCount())];
        read(DType.F64, MemorySegment.ofArray(values));
        return values;
    }

    /** All elements, row-major, converted to long. */
    public long[] toLongs() {
        long[] values = new long[Math.toIntExact(elementCount())];
        read(DType.I64, MemorySegment.ofArray(values));
        return values;
    }

    /**
     * All elements, row-major, as they are.
     *
     * @throws IllegalArgumentException if an element is not one byte
     */
    public byte[] toBytes() {
        if (dtype().bytes() != 1) {
            throw new IllegalArgumentException(
                    this + " has no bytes as elements; to(DType.U8) converts");
        }
        byte[] values = new byte[Math.toIntExact(elementCount())];
        read(dtype(), MemorySegment.ofArray(values));
        return values;
    }

    /**
     * The only element.
     *
     * @throws IllegalArgumentException if there are more, or none
     */
    public double item() {
        if (elementCount() != 1) {
            throw new IllegalArgumentException("item() needs a single element, this is " + this);
        }
        return toDoubles()[0];
    }

    /**
     * Copies all elements, row-major, to a segment of exactly their size.
     *
     * @throws IllegalArgumentException if the sizes differ
     */
    public void copyTo(MemorySegment target) {
        requireBytes(target, dtype(), layout().shape());
        read(dtype(), target);
    }

    /**
     * The elements themselves, with no copy: what is written here is in the tensor. Valid as long
     * as the scope, also after {@link #close}, which then keeps the storage.
     *
     * @throws IllegalArgumentException unless they are contiguous and in main memory
     */
    public MemorySegment asSegment() {
        if (!isContiguous() || !device().equals(Device.CPU)) {
            throw new IllegalArgumentException(
                    this + " is not contiguous in main memory; see contiguous(), to(Device.CPU)");
        }
        MemorySegment memory = TensorNative.alias(this, scope).memory();
        return memory.reinterpret(scope.arena(), null);
    }

    /** A second handle on the same elements that lives as long as another scope of this thread. */
    public Tensor escapeTo(Scope outer) {
        return TensorNative.alias(this, outer);
    }

    /**
     * Lets go of the elements before the scope ends; views of them stay good. Does nothing the
     * second time.
     */
    @Override
    public void close() {
        if (scope.isOpen() && !dropped) {
            TensorNative.reset(handle());
            dropped = true;
        }
    }

    /** Type and shape: {@code f32[2, 3]}. */
    @Override
    public String toString() {
        return dropped || !scope.isOpen() ? "closed tensor" : name(dtype(), layout().shape());
    }

    static String name(DType dtype, long[] shape) {
        return dtype.name().toLowerCase(Locale.ROOT) + Arrays.toString(shape);
    }

    private Layout layout() {
        handle();
        if (layout == null) {
            layout = TensorNative.layout(this, scope);
        }
        return layout;
    }

    /** The elements of a contiguous tensor in main memory, without a life time of their own. */
    private MemorySegment memory() {
        long bytes = elementCount() * dtype().bytes();
        return MemorySegment.ofAddress(TensorNative.address(this, scope)).reinterpret(bytes);
    }

    private void read(DType as, MemorySegment target) {
        try (var _ = Scope.open()) {
            target.copyFrom(TensorNative.to(this, as, Device.CPU).contiguous().memory());
        }
    }

    private static long[] orFlat(int length, long[] shape) {
        return shape.length == 0 ? new long[] {length} : shape;
    }

    private static int checkDim(int dim, int rank) {
        if (dim < -rank || dim >= rank) {
            throw new IndexOutOfBoundsException(
                    "dimension " + dim + " of a tensor of rank " + rank);
        }
        return dim < 0 ? dim + rank : dim;
    }

    private static void requireBytes(MemorySegment data, DType dtype, long[] shape) {
        long bytes = dtype.bytes();
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException(
                        "a size of " + Arrays.toString(shape) + " is negative");
            }
            bytes = Math.multiplyExact(bytes, size);
        }
        if (data.byteSize() != bytes) {
            throw new IllegalArgumentException(
                    "%s takes %d bytes, the data has %d"
                            .formatted(name(dtype, shape), bytes, data.byteSize()));
        }
    }
}
