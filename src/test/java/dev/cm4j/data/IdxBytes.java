package dev.cm4j.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/** Makes IDX files for tests. */
final class IdxBytes {

    private IdxBytes() {}

    /** An array whose element i is i·factor mod modulus. */
    static byte[] of(int factor, int modulus, int... shape) {
        int count = 1;
        for (int size : shape) {
            count *= size;
        }
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * shape.length + count);
        bytes.put((byte) 0).put((byte) 0).put((byte) 8).put((byte) shape.length);
        for (int size : shape) {
            bytes.putInt(size);
        }
        for (int i = 0; i < count; i++) {
            bytes.put((byte) (i * factor % modulus));
        }
        return bytes.array();
    }

    /** An array of the type of a code, such as 0x0D for f32. */
    static byte[] of(int type, double[] values, int... shape) {
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * shape.length + 8 * values.length);
        bytes.putShort((short) 0).put((byte) type).put((byte) shape.length);
        for (int size : shape) {
            bytes.putInt(size);
        }
        for (double value : values) {
            switch (type) {
                case 0x0B -> bytes.putShort((short) value);
                case 0x0C -> bytes.putInt((int) value);
                case 0x0D -> bytes.putFloat((float) value);
                case 0x0E -> bytes.putDouble(value);
                default -> bytes.put((byte) value);
            }
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    static byte[] gzip(byte[] bytes) {
        var packed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }
}
