package dev.cm4j.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The pickle of a state dict: an OrderedDict of tensors, each over a storage of its own, whose key
 * is its number.
 *
 * <p>Source: PyTorch {@code torch/_tensor.py}, {@code __reduce_ex__}; protocol 2.
 */
final class PickleWriter {

    private static final int BYTE = 0x100;
    private static final int SHORT = 0x10000;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private PickleWriter() {}

    static byte[] stateDict(List<PendingTensor> tensors) {
        PickleWriter pickle = new PickleWriter();
        pickle.raw(0x80, 2);
        pickle.orderedDict();
        pickle.raw('(');
        for (int i = 0; i < tensors.size(); i++) {
            pickle.text(tensors.get(i).name());
            pickle.tensor(tensors.get(i), Integer.toString(i));
        }
        pickle.raw('u', '.');
        return pickle.out.toByteArray();
    }

    private void tensor(PendingTensor tensor, String key) {
        global("torch._utils", "_rebuild_tensor_v2");
        raw('(', '(');
        text("storage");
        global("torch", TorchElement.storageOf(tensor.dtype()));
        text(key);
        text("cpu");
        whole(TensorEntry.elements(tensor.shape()));
        raw('t', 'Q');
        whole(0);
        tuple(tensor.shape());
        tuple(rowMajorStrides(tensor.shape()));
        raw(0x89); // requires no gradient
        orderedDict(); // no hooks
        raw('t', 'R');
    }

    private static long[] rowMajorStrides(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= Math.max(1, shape[i]);
        }
        return strides;
    }

    private void orderedDict() {
        global("collections", "OrderedDict");
        raw(')', 'R');
    }

    private void tuple(long... values) {
        raw('(');
        for (long value : values) {
            whole(value);
        }
        raw('t');
    }

    /** A number that is not negative, in the shortest form there is. */
    private void whole(long value) {
        if (value < BYTE) {
            raw('K');
            little(value, 1);
        } else if (value < SHORT) {
            raw('M');
            little(value, Short.BYTES);
        } else if (value <= Integer.MAX_VALUE) {
            raw('J');
            little(value, Integer.BYTES);
        } else {
            raw(0x8A, Long.BYTES);
            little(value, Long.BYTES);
        }
    }

    private void text(String text) {
        byte[] utf8 = TensorName.utf8(text);
        raw('X');
        little(utf8.length, Integer.BYTES);
        out.writeBytes(utf8);
    }

    private void global(String module, String name) {
        raw('c');
        out.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void little(long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >>> (8 * i)));
        }
    }

    private void raw(int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
    }
}
