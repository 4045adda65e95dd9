package dev.cm4j.cli;

import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.data.Dataset;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Grey pictures in an array, and what they should show in another.
 *
 * @param file holds both; closed with the pictures
 * @param images [N, H, W, 1] u8
 * @param labels [N] i64, where known
 */
record ArrayPictures(NpzFile file, TensorEntry images, Optional<TensorEntry> labels)
        implements Dataset {

    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public int size() {
        return (int) images.shape()[0];
    }

    @Override
    public int channels() {
        return 1;
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
        return labels.isEmpty()
                ? 0
                : 1 + IntStream.range(0, size()).map(this::label).max().orElse(0);
    }

    @Override
    public void read(int index, MemorySegment target) {
        long bytes = (long) height() * width();
        Objects.checkIndex(index, size());
        MemorySegment.copy(images.data(), index * bytes, target, 0, bytes);
    }

    @Override
    public int label(int index) {
        Objects.checkIndex(index, size());
        return Math.toIntExact(
                labels.orElseThrow(() -> new IllegalStateException("these pictures have no labels"))
                        .data()
                        .get(LONG, (long) index * Long.BYTES));
    }

    @Override
    public String fingerprint() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(images.data().toArray(ValueLayout.JAVA_BYTE));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
