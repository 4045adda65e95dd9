package dev.cm4j.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.Checksum;

/** Writes memory of any size and kind to a channel, a piece at a time. */
final class ChannelBytes {

    private static final long PIECE = 64L << 20; // a ByteBuffer holds less than 2 GiB

    private ChannelBytes() {}

    /** Writes all of a buffer. */
    static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Writes all of a segment, native or of any Java array. */
    static void write(FileChannel channel, MemorySegment data) throws IOException {
        for (long at = 0; at < data.byteSize(); at += PIECE) {
            write(channel, piece(data, at));
        }
    }

    /** The same, adding the bytes to a checksum. */
    static void write(FileChannel channel, MemorySegment data, Checksum sum) throws IOException {
        for (long at = 0; at < data.byteSize(); at += PIECE) {
            ByteBuffer piece = piece(data, at);
            sum.update(piece.duplicate());
            write(channel, piece);
        }
    }

    private static ByteBuffer piece(MemorySegment data, long at) {
        MemorySegment slice = data.asSlice(at, Math.min(PIECE, data.byteSize() - at));
        boolean viewable = data.isNative() || data.heapBase().orElseThrow() instanceof byte[];
        return viewable
                ? slice.asByteBuffer()
                : ByteBuffer.wrap(slice.toArray(ValueLayout.JAVA_BYTE));
    }
}
