package dev.cm4j.image;

import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Iterator;

/**
 * Samples in the form other programs score: an {@code .npz} file with {@code arr_0} [N, H, W, C] u8
 * and, for classes, {@code arr_1} [N] i64. Source: openai/consistency_models, {@code
 * image_sample.py}.
 */
public final class SampleArchive {

    private static final ValueLayout.OfLong LABEL =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private SampleArchive() {}

    /**
     * Writes pictures as they come, one in memory at a time; the file appears whole or not at all.
     *
     * @param file the file, replaced if it exists
     * @param count number of pictures, at least 1
     * @param pictures gives that many, all of one size
     * @param labels one for each, or none
     * @throws IllegalArgumentException if sizes or numbers do not fit
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public static void write(Path file, long count, Iterator<Picture> pictures, long... labels) {
        if (count < 1 || (labels.length != 0 && labels.length != count)) {
            throw new IllegalArgumentException(
                    labels.length + " labels for " + count + " pictures");
        }
        NpzFile.write(
                file,
                writer -> {
                    Picture first = next(pictures, 0, count);
                    writer.begin(
                            "arr_0",
                            DType.U8,
                            count,
                            first.height(),
                            first.width(),
                            first.channels());
                    writer.write(channelsLast(first, first));
                    for (long n = 1; n < count; n++) {
                        writer.write(channelsLast(next(pictures, n, count), first));
                    }
                    if (labels.length > 0) {
                        writer.begin("arr_1", DType.I64, count);
                        writer.write(littleEndian(labels));
                    }
                });
    }

    private static Picture next(Iterator<Picture> pictures, long number, long count) {
        if (!pictures.hasNext()) {
            throw new IllegalArgumentException(
                    number + " pictures where " + count + " were promised");
        }
        return pictures.next();
    }

    private static MemorySegment channelsLast(Picture picture, Picture first) {
        if (picture.channels() != first.channels()
                || picture.height() != first.height()
                || picture.width() != first.width()) {
            throw new IllegalArgumentException("different sizes: " + first + " and " + picture);
        }
        int channels = picture.channels();
        int plane = picture.height() * picture.width();
        byte[] bytes = new byte[channels * plane];
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < plane; i++) {
                bytes[i * channels + c] = picture.bytes()[c * plane + i];
            }
        }
        return MemorySegment.ofArray(bytes);
    }

    private static MemorySegment littleEndian(long[] labels) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[labels.length * Long.BYTES]);
        for (int i = 0; i < labels.length; i++) {
            bytes.set(LABEL, (long) i * Long.BYTES, labels[i]);
        }
        return bytes;
    }
}
