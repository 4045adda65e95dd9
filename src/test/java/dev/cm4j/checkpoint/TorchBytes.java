package dev.cm4j.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes small PyTorch checkpoints, right or wrong, for tests. */
final class TorchBytes {

    private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();

    /** A pickle that has only its first opcode. */
    static TorchBytes begin() {
        return new TorchBytes().raw(0x80, 2);
    }

    TorchBytes raw(int... bytes) {
        for (int b : bytes) {
            pickle.write(b);
        }
        return this;
    }

    TorchBytes text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        raw('X').number(utf8.length, Integer.BYTES);
        pickle.writeBytes(utf8);
        return this;
    }

    TorchBytes global(String module, String name) {
        raw('c');
        pickle.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    TorchBytes whole(long value) {
        return raw(0x8A, 8).number(value, Long.BYTES);
    }

    TorchBytes number(long value, int bytes) {
        byte[] all =
                ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(value)
                        .array();
        pickle.write(all, 0, bytes);
        return this;
    }

    TorchBytes tuple(long... values) {
        raw('(');
        for (long value : values) {
            whole(value);
        }
        return raw('t');
    }

    /** A tensor over a storage of a type and length. */
    TorchBytes tensor(
            String type, String key, long numel, long offset, long[] shape, long[] strides) {
        global("torch._utils", "_rebuild_tensor_v2").raw('(');
        raw('(').text("storage").global("torch", type).text(key).text("cpu").whole(numel);
        raw('t', 'Q').whole(offset).tuple(shape).tuple(strides).raw(0x89);
        return global("collections", "OrderedDict").raw(')', 'R', 't', 'R');
    }

    byte[] stop() {
        return raw('.').bytes();
    }

    byte[] bytes() {
        return pickle.toByteArray();
    }

    /** {'w': float32 [2, 3] of 0 to 5}. */
    static byte[] smallPickle() {
        return begin().raw('}')
                .text("w")
                .tensor("FloatStorage", "0", 6, 0, new long[] {2, 3}, new long[] {3, 1})
                .raw('s')
                .stop();
    }

    static byte[] floats(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putFloat(i);
        }
        return bytes.array();
    }

    /** The records of a good file, to be spoilt. */
    static Map<String, byte[]> records(byte[] pickle, byte[] storage) {
        Map<String, byte[]> records = new LinkedHashMap<>();
        records.put("a/data.pkl", pickle);
        records.put("a/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        records.put("a/data/0", storage);
        records.put("a/version", "3\n".getBytes(StandardCharsets.US_ASCII));
        return records;
    }

    static byte[] zip(Map<String, byte[]> records, boolean deflated) {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (var record : records.entrySet()) {
                ZipEntry entry = new ZipEntry(record.getKey());
                if (!deflated) {
                    CRC32 crc = new CRC32();
                    crc.update(record.getValue());
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(record.getValue().length);
                    entry.setCrc(crc.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(record.getValue());
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
