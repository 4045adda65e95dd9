package dev.cm4j.tensor;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cm4j.ffi.Cm4j_h;
import dev.cm4j.ffi.cm_release;
import dev.cm4j.foreign.Scratch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Downcalls for the life and the content of tensors, and for automatic differentiation. */
final class TensorNative {
    /** Lives as long as the process: native code may call it from any thread at any time. */
    private static final MemorySegment RELEASE = cm_release.allocate(Loans::end, Arena.global());

    private TensorNative() {}

    /** What is fixed about a tensor when it comes to be. */
    record Layout(
            long[] shape, DType dtype, Device device, long elementCount, boolean contiguous) {}

    static Tensor empty(DType dtype, long[] shape) {
        return empty(dtype, Device.CPU, shape);
    }

    static Tensor empty(DType dtype, Device device, long[] shape) {
        Scope scope = Scope.current();
        MemorySegment sizes = scope.scratch().longs(shape);
        int status =
                Cm4j_h.cm_tensor_empty(
                        dtype.code(), device.index(), sizes, shape.length, scope.out());
        return created(scope, status, dtype, shape);
    }

    static Tensor full(double value, DType dtype, long[] shape) {
        Scope scope = Scope.current();
        MemorySegment sizes = scope.scratch().longs(shape);
        int status =
                Cm4j_h.cm_tensor_full(
                        value, dtype.code(), Device.CPU.index(), sizes, shape.length, scope.out());
        return created(scope, status, dtype, shape);
    }

    private static Tensor created(Scope scope, int status, DType dtype, long[] shape) {
        return scope.result(status, status == 0 ? "" : "a new tensor " + Tensor.name(dtype, shape));
    }

    static Tensor wrap(MemorySegment data, DType dtype, long[] shape) {
        Scope scope = Scope.current();
        long ticket = Loans.begin(data);
        MemorySegment sizes = scope.scratch().longs(shape);
        int status =
                Cm4j_h.cm_tensor_wrap(
                        data,
                        data.byteSize(),
                        dtype.code(),
                        sizes,
                        shape.length,
                        RELEASE,
                        ticket,
                        scope.out());
        if (status != 0) {
            Loans.end(ticket);
        }
        return scope.result(
                status, "wrapping " + data.byteSize() + " bytes as " + Tensor.name(dtype, shape));
    }

    static Tensor alias(Tensor t, Scope owner) {
        owner.check();
        int status = Cm4j_h.cm_tensor_alias(t.handle(), owner.out());
        return owner.result(status, "alias", t);
    }

    /** Lets the elements live as long as an arena. */
    static void hold(Tensor t, Arena arena) {
        Scope here = Scope.current();
        Scope.check(Cm4j_h.cm_tensor_alias(t.handle(), here.out()), "alias", t);
        here.scratch().outHandle().reinterpret(arena, TensorNative::free);
    }

    static void reset(MemorySegment handle) {
        Cm4j_h.cm_tensor_reset(handle);
    }

    static void free(MemorySegment handle) {
        Cm4j_h.cm_tensor_free(handle);
    }

    static Layout layout(Tensor t, Scope scope) {
        MemorySegment info = info(t, scope);
        int rank = (int) at(info, Cm4j_h.CM_INFO_RANK());
        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++) {
            shape[i] = at(info, Cm4j_h.CM_INFO_SIZES() + i);
        }
        return new Layout(
                shape,
                DType.ofCode(at(info, Cm4j_h.CM_INFO_DTYPE())),
                new Device((int) at(info, Cm4j_h.CM_INFO_DEVICE())),
                at(info, Cm4j_h.CM_INFO_NUMEL()),
                at(info, Cm4j_h.CM_INFO_CONTIGUOUS()) != 0);
    }

    /** Address of the first element; 0 for an empty tensor. */
    static long address(Tensor t, Scope scope) {
        return at(info(t, scope), Cm4j_h.CM_INFO_DATA());
    }

    static boolean requiresGrad(Tensor t, Scope scope) {
        return at(info(t, scope), Cm4j_h.CM_INFO_GRAD()) != 0;
    }

    private static MemorySegment info(Tensor t, Scope scope) {
        MemorySegment handle = t.handle();
        MemorySegment info = scope.scratch().longRoom(Cm4j_h.CM_INFO_LENGTH());
        Scope.check(Cm4j_h.cm_tensor_info(handle, info), "description of a tensor");
        return info;
    }

    private static long at(MemorySegment info, int index) {
        return info.getAtIndex(JAVA_LONG, index);
    }

    static void copy(Tensor target, Tensor source) {
        Scope.check(
                Cm4j_h.cm_tensor_copy(target.handle(), source.handle()),
                "assignment",
                target,
                source);
    }

    static Tensor to(Tensor t, DType dtype, Device device) {
        Scope scope = Scope.current();
        int status = Cm4j_h.cm_tensor_to(t.handle(), dtype.code(), device.index(), scope.out());
        return scope.result(
                status, status == 0 ? "" : "conversion to " + dtype + " on " + device, t);
    }

    static Tensor contiguous(Tensor t) {
        Scope scope = Scope.current();
        return scope.result(Cm4j_h.cm_tensor_contiguous(t.handle(), scope.out()), "contiguous", t);
    }

    static Tensor copy(Tensor t) {
        Scope scope = Scope.current();
        return scope.result(Cm4j_h.cm_tensor_clone(t.handle(), scope.out()), "copy", t);
    }

    static void fill(Tensor t, double value) {
        Scope.check(Cm4j_h.cm_tensor_fill(t.handle(), value), "fill", t);
    }

    /** Sets this thread's mode and returns the one before. */
    static boolean gradMode(boolean enabled) {
        Scratch scratch = Scratch.ofThread();
        Scope.check(Cm4j_h.cm_grad_mode_set(enabled ? 1 : 0, scratch.out()), "gradient mode");
        return scratch.outInt() != 0;
    }

    static void requireGrad(Tensor t) {
        Scope.check(Cm4j_h.cm_requires_grad_set(t.handle(), 1), "requiring a gradient", t);
    }

    static Tensor detach(Tensor t) {
        Scope scope = Scope.current();
        return scope.result(Cm4j_h.cm_detach(t.handle(), scope.out()), "detach", t);
    }

    static void backward(Tensor loss) {
        Scope.check(Cm4j_h.cm_backward(loss.handle(), MemorySegment.NULL), "backward", loss);
    }

    static void backward(Tensor output, Tensor seed) {
        Scope.check(Cm4j_h.cm_backward(output.handle(), seed.handle()), "backward", output, seed);
    }

    static Optional<Tensor> grad(Tensor leaf) {
        Scope scope = Scope.current();
        Scope.check(Cm4j_h.cm_grad(leaf.handle(), scope.out()), "gradient", leaf);
        MemorySegment raw = scope.scratch().outHandle();
        return raw.equals(MemorySegment.NULL) ? Optional.empty() : Optional.of(scope.adopt(raw));
    }
}
