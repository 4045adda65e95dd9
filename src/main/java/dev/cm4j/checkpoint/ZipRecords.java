package dev.cm4j.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The records of a mapped zip file, stored ones without a copy.
 *
 * <p>Java's own {@code ZipFile} hides where a record lies, and a checkpoint's tensors are to be
 * mapped, so the directory is read here ({@link ZipDirectory}). Source: PKWARE APPNOTE 6.3.
 */
final class ZipRecords {

    private static final long LARGEST_RATIO = 1100;
    private static final long CHUNK = 1L << 30;
    private static final long TRUSTED = 16L << 20;
    private static final int WINDOW = 1 << 16;

    private final Path file;
    private final MemorySegment all;
    private final Map<String, ZipRecord> records;

    private ZipRecords(Path file, MemorySegment all, Map<String, ZipRecord> records) {
        this.file = file;
        this.all = all;
        this.records = records;
    }

    /** One record: its place in the file and what its bytes must add up to. */
    record ZipRecord(
            String name, boolean deflated, long crc, long size, long packedSize, long payload) {}

    static ZipRecords of(Path file, MemorySegment all) {
        return new ZipRecords(file, all, ZipDirectory.read(file, all));
    }

    /** Records by name, in the directory's order. */
    Map<String, ZipRecord> records() {
        return records;
    }

    Optional<ZipRecord> record(String name) {
        return Optional.ofNullable(records.get(name));
    }

    /**
     * The bytes of a record: a slice of the file, or unpacked into the arena; checked by its CRC.
     */
    MemorySegment content(ZipRecord entry, Arena arena) {
        MemorySegment packed = all.asSlice(entry.payload(), entry.packedSize());
        MemorySegment content = entry.deflated() ? inflate(entry, packed, arena) : packed;
        if (entry.crc() != 0 && crc(content) != entry.crc()) { // 0: switched off by the writer
            throw damaged(entry, "its bytes do not add up to its CRC");
        }
        return content;
    }

    private MemorySegment inflate(ZipRecord entry, MemorySegment packed, Arena arena) {
        if (entry.size() / LARGEST_RATIO > entry.packedSize()) {
            throw damaged(
                    entry, entry.packedSize() + " bytes that claim to unpack to " + entry.size());
        }
        if (entry.size() > TRUSTED) { // a claim is proved before memory is taken for it
            MemorySegment window = MemorySegment.ofArray(new byte[WINDOW]);
            unpack(entry, packed, (_, room) -> window.asSlice(0, Math.min(WINDOW, room)));
        }
        MemorySegment content =
                MappedFile.allocate(
                        file, "record " + TensorName.shown(entry.name()), entry.size(), arena);
        unpack(entry, packed, content::asSlice);
        return content;
    }

    /** Where the next unpacked bytes go: at most so many, at this offset of the content. */
    @FunctionalInterface
    private interface Target {
        MemorySegment at(long offset, long room);
    }

    private void unpack(ZipRecord entry, MemorySegment packed, Target target) {
        Inflater inflater = new Inflater(true);
        try {
            long from = 0;
            long to = 0;
            while (!inflater.finished()) {
                if (inflater.needsInput()) {
                    if (from == packed.byteSize()) {
                        throw damaged(entry, "its packed bytes end early");
                    }
                    long length = Math.min(CHUNK, packed.byteSize() - from);
                    inflater.setInput(packed.asSlice(from, length).asByteBuffer());
                    from += length;
                }
                long room = Math.min(CHUNK, entry.size() - to);
                int made = inflate(inflater, target.at(to, room));
                to += made;
                if (made == 0 && !inflater.finished() && !inflater.needsInput()) {
                    throw damaged(entry, "it unpacks to more than the declared " + entry.size());
                }
            }
            if (to != entry.size()) {
                throw damaged(entry, "it unpacks to " + to + " bytes of " + entry.size());
            }
        } catch (DataFormatException e) {
            throw damaged(entry, "its packed bytes are damaged: " + e.getMessage());
        } finally {
            inflater.end();
        }
    }

    /** Unpacks into a target; an empty one gets one byte of room, to see the end of the stream. */
    private static int inflate(Inflater inflater, MemorySegment target) throws DataFormatException {
        if (target.byteSize() > 0) {
            return inflater.inflate(target.asByteBuffer());
        }
        if (inflater.inflate(new byte[1]) > 0) {
            throw new DataFormatException("more bytes than declared");
        }
        return 0;
    }

    private static long crc(MemorySegment content) {
        CRC32 crc = new CRC32();
        for (long at = 0; at < content.byteSize(); at += CHUNK) {
            long length = Math.min(CHUNK, content.byteSize() - at);
            crc.update(content.asSlice(at, length).asByteBuffer());
        }
        return crc.getValue();
    }

    private FormatException damaged(ZipRecord entry, String found) {
        return new FormatException(
                file,
                "record " + TensorName.shown(entry.name()) + ": " + found,
                "an undamaged copy of the file");
    }
}
