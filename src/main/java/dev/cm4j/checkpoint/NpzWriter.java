package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Writes the arrays of an {@code .npz} file, each in as many pieces as its maker likes.
 *
 * <p>Records are stored, with zip64 fields and no data descriptors, as NumPy writes them; the CRC
 * of a record is put into its header when its last byte is there. The date is fixed, so that equal
 * arrays make equal files.
 */
public final class NpzWriter {

    private static final int LOCAL = 0x04034B50;
    private static final int CENTRAL = 0x02014B50;
    private static final int END = 0x06054B50;
    private static final int END64 = 0x06064B50;
    private static final int LOCATOR64 = 0x07064B50;
    private static final int CRC_AT = 14;
    private static final short VERSION = 45; // the first with zip64
    private static final short UTF_8 = 0x0800;
    private static final int DATE = 1 << 21 | 1 << 16; // 1980-01-01 00:00

    private final FileChannel channel;
    private final List<ZipRecords.ZipRecord> finished = new ArrayList<>();
    private final CRC32 crc = new CRC32();
    private boolean open;
    private String name = "";
    private long header;
    private long size;
    private long left;

    NpzWriter(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Begins an array.
     *
     * @param arrayName its name without {@code .npy}
     * @param dtype type of an element
     * @param shape sizes
     * @throws IOException if it cannot be written
     * @throws IllegalArgumentException if NumPy has no such type, or the shape is none
     * @throws IllegalStateException if the array before lacks elements
     */
    public void begin(String arrayName, DType dtype, long... shape) throws IOException {
        endArray();
        if (TensorEntry.elements(shape) < 0) {
            throw new IllegalArgumentException(arrayName + " has a shape no array can have");
        }
        byte[] start = NpyHeader.encode(dtype, shape);
        name = arrayName + ".npy";
        header = channel.position();
        left = start.length + TensorEntry.elements(shape) * dtype.bytes();
        size = left;
        open = true;
        crc.reset();
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer local = little(30 + utf8.length + 20);
        local.putInt(LOCAL).putShort(VERSION).putShort(UTF_8).putShort((short) 0);
        local.putInt(DATE).putInt(0).putInt(-1).putInt(-1);
        local.putShort((short) utf8.length).putShort((short) 20).put(utf8);
        local.putShort((short) 1).putShort((short) 16).putLong(size).putLong(size);
        put(local);
        write(MemorySegment.ofArray(start));
    }

    /**
     * Writes the next elements of the array begun last.
     *
     * @param elements row-major and little-endian, any number of bytes
     * @throws IOException if it cannot be written
     * @throws IllegalStateException if there are more than the shape says
     */
    public void write(MemorySegment elements) throws IOException {
        if (!open || elements.byteSize() > left) {
            throw new IllegalStateException(
                    "%d bytes for %s, which lacks %d".formatted(elements.byteSize(), name, left));
        }
        ChannelBytes.write(channel, elements, crc);
        left -= elements.byteSize();
    }

    /** Writes the directory. */
    void finish() throws IOException {
        endArray();
        long start = channel.position();
        for (ZipRecords.ZipRecord array : finished) {
            byte[] utf8 = array.name().getBytes(StandardCharsets.UTF_8);
            ByteBuffer entry = little(46 + utf8.length + 28);
            entry.putInt(CENTRAL).putShort(VERSION).putShort(VERSION).putShort(UTF_8);
            entry.putShort((short) 0).putInt(DATE).putInt((int) array.crc()).putInt(-1).putInt(-1);
            entry.putShort((short) utf8.length).putShort((short) 28);
            entry.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0).putInt(-1);
            entry.put(utf8).putShort((short) 1).putShort((short) 24);
            entry.putLong(array.size()).putLong(array.size()).putLong(array.payload());
            put(entry);
        }
        long end = channel.position();
        ByteBuffer tail = little(56 + 20 + 22);
        tail.putInt(END64).putLong(44).putShort(VERSION).putShort(VERSION).putInt(0).putInt(0);
        tail.putLong(finished.size()).putLong(finished.size()).putLong(end - start).putLong(start);
        tail.putInt(LOCATOR64).putInt(0).putLong(end).putInt(1);
        tail.putInt(END).putShort((short) 0).putShort((short) 0);
        tail.putShort((short) -1).putShort((short) -1).putInt(-1).putInt(-1).putShort((short) 0);
        put(tail);
    }

    private void endArray() throws IOException {
        if (!open) {
            return;
        }
        if (left != 0) {
            throw new IllegalStateException(name + " lacks " + left + " bytes");
        }
        ByteBuffer sum = little(Integer.BYTES).putInt((int) crc.getValue()).flip();
        channel.write(sum, header + CRC_AT);
        // Here the payload of a record is its header's place, which the directory needs.
        finished.add(new ZipRecords.ZipRecord(name, false, crc.getValue(), size, size, header));
        open = false;
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void put(ByteBuffer full) throws IOException {
        ChannelBytes.write(channel, full.flip());
    }
}
