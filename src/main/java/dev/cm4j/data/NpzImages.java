package dev.cm4j.data;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Samples in a NumPy file as a data set: {@code arr_0} or {@code samples} [N, H, W, C] u8, and
 * {@code arr_1} [N] of whole numbers where they have classes.
 */
public final class NpzImages implements Dataset {

    private static final List<String> IMAGE_NAMES = List.of("arr_0", "samples");
    private static final String LABEL_NAME = "arr_1";

    private final NpzFile file;
    private final TensorEntry images;
    private final int[] labels;
    private final int classes;

    private NpzImages(NpzFile file, TensorEntry images, int[] labels) {
        this.file = file;
        this.images = images;
        this.labels = labels;
        int most = -1;
        for (int label : labels) {
            most = Math.max(most, label);
        }
        this.classes = most + 1;
    }

    /**
     * Opens a file.
     *
     * @param path the {@code .npz} file
     * @return its images, the caller's to close
     * @throws FormatException if it is damaged or holds no images
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static NpzImages open(Path path) {
        NpzFile file = NpzFile.open(path);
        try {
            String name =
                    IMAGE_NAMES.stream()
                            .filter(file.names()::contains)
                            .findFirst()
                            .orElseThrow(() ->
                                    new FormatException(
                                            path,
                                            "the arrays " + file.names(),
                                            "images under one of " + IMAGE_NAMES));
            TensorEntry images = file.entry(name);
            long[] shape = images.shape();
            if (images.dtype() != DType.U8
                    || shape.length != 4
                    || (shape[3] != 1 && shape[3] != 3)
                    || images.elementCount() == 0
                    || shape[0] > Integer.MAX_VALUE
                    || shape[1] * shape[2] > 1 << 28) {
                throw new FormatException(path, images.toString(), "images [N, H, W, C] U8");
            }
            return new NpzImages(file, images, labels(path, file, shape[0]));
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private static int[] labels(Path path, NpzFile file, long count) {
        if (!file.names().contains(LABEL_NAME)) {
            return new int[0];
        }
        TensorEntry entry = file.entry(LABEL_NAME);
        if (entry.shape().length != 1 || entry.shape()[0] != count) {
            throw new FormatException(path, entry.toString(), "labels [" + count + "]");
        }
        int[] labels = new int[(int) count];
        for (int i = 0; i < count; i++) {
            long label = label(path, entry, i);
            if (label < 0 || label > 1_000_000) {
                throw new FormatException(path, "label " + label + " of image " + i, "0 and above");
            }
            labels[i] = (int) label;
        }
        return labels;
    }

    private static long label(Path path, TensorEntry entry, long i) {
        MemorySegment data = entry.data();
        return switch (entry.dtype()) {
            case I64 -> data.get(ValueLayout.JAVA_LONG_UNALIGNED, i * Long.BYTES);
            case I32 -> data.get(ValueLayout.JAVA_INT_UNALIGNED, i * Integer.BYTES);
            case I16 -> data.get(ValueLayout.JAVA_SHORT_UNALIGNED, i * Short.BYTES);
            case I8 -> data.get(ValueLayout.JAVA_BYTE, i);
            case U8 -> data.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
            case F32, F64, F16, BF16, BOOL ->
                    throw new FormatException(path, entry.toString(), "labels of whole numbers");
        };
    }

    @Override
    public int size() {
        return (int) images.shape()[0];
    }

    @Override
    public int channels() {
        return (int) images.shape()[3];
    }

    @Override
    public int height() {
        return (int) images.shape()[1];
    }

    @Override
    public int width() {
        return (int) images.shape()[2];
    }

    @Override
    public int classes() {
        return classes;
    }

    @Override
    public void read(int index, MemorySegment target) {
        Objects.checkIndex(index, size());
        int channels = channels();
        int plane = height() * width();
        long from = (long) index * plane * channels;
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < plane; i++) {
                byte value =
                        images.data().get(ValueLayout.JAVA_BYTE, from + (long) i * channels + c);
                target.set(ValueLayout.JAVA_BYTE, (long) c * plane + i, value);
            }
        }
    }

    @Override
    public int label(int index) {
        if (classes == 0) {
            throw new IllegalStateException(file.path() + " has no labels");
        }
        return labels[index];
    }

    @Override
    public String fingerprint() {
        Fingerprint hash = new Fingerprint().add("npz");
        for (long size : images.shape()) {
            hash.add(size);
        }
        return hash.add(file.path().getFileName().toString()).add(labels).hex();
    }

    @Override
    public void close() {
        file.close();
    }
}
