package dev.cm4j.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** The bytes of a pickle, read in order; every length is checked before it is used. */
final class PickleBytes {

    /** Longest pickle. */
    static final long LONGEST = 64L << 20;

    private static final ValueLayout.OfDouble BIG_ENDIAN_DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int LONGEST_NAME = 1024;

    private final Path file;
    private final String where;
    private final MemorySegment bytes;
    private long position;
    private long opcodeAt;

    /**
     * @param file for messages
     * @param where name of the record with a blank behind it, or empty: part of messages
     * @param bytes the record, or the whole legacy file
     * @param position where the pickle begins
     */
    PickleBytes(Path file, String where, MemorySegment bytes, long position) {
        this.file = file;
        this.where = where;
        this.bytes = bytes.asSlice(0, Math.min(bytes.byteSize(), position + LONGEST));
        this.position = position;
    }

    /** Offset of the next byte. */
    long position() {
        return position;
    }

    int opcode() {
        opcodeAt = position;
        if (position == bytes.byteSize()) {
            throw bad("the pickle ends without STOP", "a whole file; was it cut short?");
        }
        return u8();
    }

    int u8() {
        return bytes.get(ValueLayout.JAVA_BYTE, advance(1)) & 0xFF;
    }

    int u16() {
        return MappedFile.u16(bytes, advance(Short.BYTES));
    }

    int i32() {
        return bytes.get(MappedFile.INT, advance(Integer.BYTES));
    }

    long u32() {
        return MappedFile.u32(bytes, advance(Integer.BYTES));
    }

    long i64() {
        return bytes.get(MappedFile.LONG, advance(Long.BYTES));
    }

    double bigEndianDouble() {
        return bytes.get(BIG_ENDIAN_DOUBLE, advance(Double.BYTES));
    }

    /** A two's complement number of at most 8 bytes. */
    long whole(int length) {
        if (length < 0 || length > Long.BYTES) {
            throw bad("an integer of " + length + " bytes", "at most 8");
        }
        long value = 0;
        long at = advance(length);
        for (int i = length - 1; i >= 0; i--) {
            byte part = bytes.get(ValueLayout.JAVA_BYTE, at + i);
            value = i == length - 1 ? part : (value << Byte.SIZE) | (part & 0xFF);
        }
        return value;
    }

    void skip(long length) {
        advance(length);
    }

    String latin1(long length) {
        return new String(take(length), StandardCharsets.ISO_8859_1);
    }

    /** UTF-8, where lone surrogates are allowed as Python's "surrogatepass" allows them. */
    String utf8(long length) {
        byte[] text = take(length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
        } catch (CharacterCodingException strict) {
            return surrogatePass(text);
        }
    }

    /** The text up to a line feed. */
    String line() {
        int length = 0;
        while (u8() != '\n') {
            if (++length > LONGEST_NAME) {
                throw bad("a name of more than " + LONGEST_NAME + " bytes", "a name");
            }
        }
        byte[] text = MappedFile.bytes(bytes, position - 1 - length, length);
        return new String(text, StandardCharsets.UTF_8);
    }

    /** The allowed global of a name. */
    PickleValue.Global global(String module, String name) {
        Optional<PickleValue.Global> global = PickleGlobal.named(module, name);
        if (global.isPresent()) {
            return global.orElseThrow();
        }
        String full = TensorName.shown(module + "." + name);
        if (module.equals("__main__") || module.startsWith("torch.nn.modules.")) {
            throw pickledProgram(full);
        }
        throw bad(
                "the name " + full,
                "only names a state dict needs; if it is the class of a model, save"
                        + " model.state_dict() instead");
    }

    FormatException pickledProgram(String found) {
        return bad(
                found,
                "a state dict: this is a pickled program object, not a state dict; save"
                        + " model.state_dict() instead");
    }

    FormatException bad(String found, String expected) {
        return new FormatException(file, where + "at byte " + opcodeAt + ": " + found, expected);
    }

    private byte[] take(long length) {
        long at = advance(length);
        return MappedFile.bytes(bytes, at, (int) length);
    }

    /** Moves on by a length that must be there, and returns where it began. */
    private long advance(long length) {
        long left = bytes.byteSize() - position;
        if (length < 0 || length > left) {
            throw bad(
                    Long.toUnsignedString(length) + " bytes where " + left + " are left",
                    "a whole file of at most " + LONGEST + " bytes of pickle");
        }
        long at = position;
        position += length;
        return at;
    }

    private String surrogatePass(byte[] text) {
        StringBuilder decoded = new StringBuilder();
        for (int i = 0; i < text.length; ) {
            int lead = text[i] & 0xFF;
            int more = lead < 0x80 ? 0 : lead < 0xC2 ? -1 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
            if (more < 0 || lead > 0xF4 || i + more >= text.length) {
                throw bad("a text that is not UTF-8", "UTF-8");
            }
            int point = more == 0 ? lead : lead & (0x3F >> more);
            for (int k = 1; k <= more; k++) {
                if ((text[i + k] & 0xC0) != 0x80) {
                    throw bad("a text that is not UTF-8", "UTF-8");
                }
                point = (point << 6) | (text[i + k] & 0x3F);
            }
            if (!Character.isValidCodePoint(point)) {
                throw bad("a text that is not UTF-8", "UTF-8");
            }
            decoded.appendCodePoint(point);
            i += more + 1;
        }
        return decoded.toString();
    }
}
