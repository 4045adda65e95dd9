package dev.cm4j.train;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The bytes of TensorBoard events: protocol-buffer messages and the record around each.
 *
 * <pre>
 *   record  u64 length · u32 mask(length bytes) · data · u32 mask(data)     little-endian
 *   mask    rotr(crc32c, 15) + 0xA282EAD8
 *   Event   {1 wall_time double, 2 step int64, 3 file_version string, 5 summary}
 *   Value   {1 tag, 2 simple_value float, 4 image, 8 tensor, 9 metadata}
 * </pre>
 *
 * <p>Source: {@code event.proto}, {@code summary.proto} and {@code record_writer.cc} of TensorFlow.
 */
final class EventRecord {

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;
    private static final int DT_STRING = 7;

    private EventRecord() {}

    /** The first event of a file. */
    static byte[] fileVersion(double wallTime) {
        return new Message().number(1, wallTime).text(3, "brain.Event:2").bytes();
    }

    static byte[] scalar(double wallTime, long step, String tag, float value) {
        return event(wallTime, step, new Message().text(1, tag).number(2, value));
    }

    /** An image that is encoded as PNG already; 1 channel is grey, 3 are RGB. */
    static byte[] image(
            double wallTime,
            long step,
            String tag,
            int height,
            int width,
            int channels,
            byte[] png) {
        Message image =
                new Message()
                        .integer(1, height)
                        .integer(2, width)
                        .integer(3, channels)
                        .bytes(4, png);
        return event(wallTime, step, new Message().text(1, tag).message(4, image));
    }

    /** A text, shown as Markdown: a string tensor with the metadata of the text plug-in. */
    static byte[] text(double wallTime, long step, String tag, String markdown) {
        Message tensor =
                new Message().integer(1, DT_STRING).message(2, new Message()).text(8, markdown);
        Message metadata = new Message().message(1, new Message().text(1, "text"));
        return event(
                wallTime, step, new Message().text(1, tag).message(8, tensor).message(9, metadata));
    }

    private static byte[] event(double wallTime, long step, Message value) {
        return new Message()
                .number(1, wallTime)
                .integer(2, step)
                .message(5, new Message().message(1, value))
                .bytes();
    }

    /** The data with its length and both checksums. */
    static byte[] framed(byte[] data) {
        ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length);
        record.putInt(mask(record.array(), 0, 8));
        record.put(data);
        record.putInt(mask(data, 0, data.length));
        return record.array();
    }

    /** The masked checksum of a range of bytes. */
    static int mask(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xA282EAD8;
    }

    /** A protocol-buffer message under construction. */
    private static final class Message {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message integer(int field, long value) {
            key(field, VARINT);
            varint(value);
            return this;
        }

        Message number(int field, double value) {
            key(field, FIXED64);
            littleEndian(Double.doubleToRawLongBits(value), 8);
            return this;
        }

        Message number(int field, float value) {
            key(field, FIXED32);
            littleEndian(Float.floatToRawIntBits(value), 4);
            return this;
        }

        Message text(int field, String value) {
            return bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return bytes(field, value.bytes());
        }

        Message bytes(int field, byte[] value) {
            key(field, BYTES);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        byte[] bytes() {
            return out.toByteArray();
        }

        private void key(int field, int wire) {
            varint((long) field << 3 | wire);
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                out.write((int) (rest & 0x7F) | 0x80);
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        private void littleEndian(long bits, int count) {
            for (int i = 0; i < count; i++) {
                out.write((int) (bits >>> (8 * i)));
            }
        }
    }
}
