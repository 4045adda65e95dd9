package dev.cm4j.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Writes a zip file of stored records, each in as many pieces as its maker likes.
 *
 * <p>Every record has zip64 fields and no data descriptor; its CRC is put into its header when its
 * last byte is there. The date is fixed, so that equal records make equal files. Source: PKWARE
 * APPNOTE 6.3.
 */
final class StoredZip {

    private static final int LOCAL = 0x04034B50;
    private static final int CENTRAL = 0x02014B50;
    private static final int END = 0x06054B50;
    private static final int END64 = 0x06064B50;
    private static final int LOCATOR64 = 0x07064B50;
    private static final int CRC_AT = 14;
    private static final int LONGEST_NAME = 0xFFFF;
    private static final int LOCAL_BYTES = 30;
    private static final int SIZES_BYTES = 20;
    private static final int PAD_BYTES = 4;
    private static final short PAD = 0x4246; // "FB", as PyTorch calls its padding
    private static final short VERSION = 45; // the first with zip64
    private static final short UTF_8 = 0x0800;
    private static final int DATE = 1 << 21 | 1 << 16; // 1980-01-01 00:00

    private final FileChannel channel;
    private final List<Finished> finished = new ArrayList<>();
    private final CRC32 crc = new CRC32();
    private boolean open;
    private String name = "";
    private long header;
    private long size;
    private long left;

    /** A record that is complete: what the directory says of it. */
    private record Finished(String name, long crc, long size, long header) {}

    StoredZip(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Begins a record of so many bytes, the first of them at a multiple of the alignment.
     *
     * @throws IllegalArgumentException if no zip file can have a record of this name
     */
    void begin(String recordName, long bytes, int alignment) throws IOException {
        byte[] utf8 = TensorName.utf8(recordName);
        if (utf8.length > LONGEST_NAME) {
            throw new IllegalArgumentException(
                    "the name '%s' has %d bytes, but one in a zip file at most %d"
                            .formatted(TensorName.shown(recordName), utf8.length, LONGEST_NAME));
        }
        endRecord();
        name = recordName;
        header = channel.position();
        size = bytes;
        left = bytes;
        open = true;
        crc.reset();
        byte[] pad = padding(header + LOCAL_BYTES + utf8.length + SIZES_BYTES, alignment);
        ByteBuffer local = little(LOCAL_BYTES + utf8.length + SIZES_BYTES + pad.length);
        local.putInt(LOCAL).putShort(VERSION).putShort(UTF_8).putShort((short) 0);
        local.putInt(DATE).putInt(0).putInt(-1).putInt(-1);
        local.putShort((short) utf8.length).putShort((short) (SIZES_BYTES + pad.length)).put(utf8);
        local.putShort((short) 1).putShort((short) 16).putLong(size).putLong(size).put(pad);
        put(local);
    }

    /** Writes the next bytes of the record begun last. */
    void write(MemorySegment bytes) throws IOException {
        if (!open || bytes.byteSize() > left) {
            throw new IllegalStateException(
                    "%d bytes for %s, which lacks %d".formatted(bytes.byteSize(), name, left));
        }
        ChannelBytes.write(channel, bytes, crc);
        left -= bytes.byteSize();
    }

    /** Writes the directory. */
    void finish() throws IOException {
        endRecord();
        long start = channel.position();
        for (Finished entry : finished) {
            putDirectoryEntry(entry);
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

    private void putDirectoryEntry(Finished item) throws IOException {
        byte[] utf8 = TensorName.utf8(item.name());
        ByteBuffer entry = little(46 + utf8.length + 28);
        entry.putInt(CENTRAL).putShort(VERSION).putShort(VERSION).putShort(UTF_8);
        entry.putShort((short) 0).putInt(DATE).putInt((int) item.crc()).putInt(-1).putInt(-1);
        entry.putShort((short) utf8.length).putShort((short) 28);
        entry.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0).putInt(-1);
        entry.put(utf8).putShort((short) 1).putShort((short) 24);
        entry.putLong(item.size()).putLong(item.size()).putLong(item.header());
        put(entry);
    }

    private void endRecord() throws IOException {
        if (!open) {
            return;
        }
        if (left != 0) {
            throw new IllegalStateException(name + " lacks " + left + " bytes");
        }
        ByteBuffer sum = little(Integer.BYTES).putInt((int) crc.getValue()).flip();
        channel.write(sum, header + CRC_AT);
        finished.add(new Finished(name, crc.getValue(), size, header));
        open = false;
    }

    /** An extra field that moves what follows to a multiple of the alignment. */
    private static byte[] padding(long at, int alignment) {
        if (alignment == 1) {
            return new byte[0];
        }
        int filler = (int) ((alignment - (at + PAD_BYTES) % alignment) % alignment);
        byte[] pad = new byte[PAD_BYTES + filler];
        Arrays.fill(pad, (byte) 'Z');
        ByteBuffer.wrap(pad).order(ByteOrder.LITTLE_ENDIAN).putShort(PAD).putShort((short) filler);
        return pad;
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void put(ByteBuffer full) throws IOException {
        ChannelBytes.write(channel, full.flip());
    }
}
