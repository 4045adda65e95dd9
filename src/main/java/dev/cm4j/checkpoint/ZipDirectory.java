package dev.cm4j.checkpoint;

import dev.cm4j.checkpoint.ZipRecords.ZipRecord;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and checks the central directory of a zip file, zip64 included. */
final class ZipDirectory {

    private static final int END = 0x06054B50;
    private static final int END64 = 0x06064B50;
    private static final int LOCATOR64 = 0x07064B50;
    private static final int CENTRAL = 0x02014B50;
    private static final int LOCAL = 0x04034B50;
    private static final int END_BYTES = 22;
    private static final int CENTRAL_BYTES = 46;
    private static final int LOCAL_BYTES = 30;
    private static final int LONGEST_COMMENT = 0xFFFF;
    private static final long MAX_RECORDS = 1_000_000;
    private static final long SATURATED = 0xFFFFFFFFL;
    private static final String WHOLE = "a whole zip file; was it cut short?";

    private final Path file;
    private final MemorySegment all;

    private ZipDirectory(Path file, MemorySegment all) {
        this.file = file;
        this.all = all;
    }

    static Map<String, ZipRecord> read(Path file, MemorySegment all) {
        return new ZipDirectory(file, all).read();
    }

    private Map<String, ZipRecord> read() {
        long end = findEnd();
        long count = MappedFile.u16(all, end + 10);
        long size = MappedFile.u32(all, end + 12);
        long offset = MappedFile.u32(all, end + 16);
        long limit = end;
        if (count == 0xFFFF || size == SATURATED || offset == SATURATED) {
            long end64 = findEnd64(end);
            count = all.get(MappedFile.LONG, end64 + 32);
            size = all.get(MappedFile.LONG, end64 + 40);
            offset = all.get(MappedFile.LONG, end64 + 48);
            limit = end64;
        }
        if (count < 0 || count > MAX_RECORDS || !within(offset, size, limit)) {
            throw bad("a directory of %d records at byte %d".formatted(count, offset), WHOLE);
        }
        Map<String, ZipRecord> records = new LinkedHashMap<>();
        long at = offset;
        for (long i = 0; i < count; i++) {
            at = readRecord(at, offset + size, records);
        }
        refuseOverlap(records);
        return records;
    }

    /** Byte offset of the end record, searched backwards over a possible comment. */
    private long findEnd() {
        long last = all.byteSize() - END_BYTES;
        for (long at = last; at >= 0 && at >= last - LONGEST_COMMENT; at--) {
            if (all.get(MappedFile.INT, at) == END
                    && at + END_BYTES + MappedFile.u16(all, at + 20) == all.byteSize()) {
                return at;
            }
        }
        throw bad("a zip file without its directory", WHOLE);
    }

    private long findEnd64(long end) {
        long locator = end - 20;
        if (locator >= 0 && all.get(MappedFile.INT, locator) == LOCATOR64) {
            long end64 = all.get(MappedFile.LONG, locator + 8);
            if (within(end64, 56, locator) && all.get(MappedFile.INT, end64) == END64) {
                return end64;
            }
        }
        throw bad("a large zip file without its zip64 directory", WHOLE);
    }

    /** Reads the directory entry at a byte offset, and returns the offset of the next. */
    private long readRecord(long at, long limit, Map<String, ZipRecord> records) {
        if (!within(at, CENTRAL_BYTES, limit) || all.get(MappedFile.INT, at) != CENTRAL) {
            throw bad("no directory entry at byte " + at, WHOLE);
        }
        int nameLength = MappedFile.u16(all, at + 28);
        int extraLength = MappedFile.u16(all, at + 30);
        long next = at + CENTRAL_BYTES + nameLength + extraLength + MappedFile.u16(all, at + 32);
        if (next > limit) {
            throw bad("a directory entry at byte " + at + " that passes the directory", WHOLE);
        }
        byte[] rawName = MappedFile.bytes(all, at + CENTRAL_BYTES, nameLength);
        String name = new String(rawName, StandardCharsets.UTF_8);
        requireSafe(name);
        if ((MappedFile.u16(all, at + 8) & 1) != 0) {
            throw bad("record " + TensorName.shown(name) + " is encrypted", "a plain file");
        }
        int method = MappedFile.u16(all, at + 10);
        if (method != 0 && method != 8) {
            throw bad(
                    "record " + TensorName.shown(name) + " is packed by method " + method,
                    "stored or deflated");
        }
        long[] places = { // size, packed size, local header
            MappedFile.u32(all, at + 24), MappedFile.u32(all, at + 20), MappedFile.u32(all, at + 42)
        };
        widen(name, at + CENTRAL_BYTES + nameLength, extraLength, places);
        long payload = payload(name, rawName, places[2]);
        if (places[0] < 0
                || !within(payload, places[1], all.byteSize())
                || (method == 0 && places[0] != places[1])) {
            throw bad(
                    "record %s with %d bytes at byte %d"
                            .formatted(TensorName.shown(name), places[1], payload),
                    WHOLE);
        }
        long crc = MappedFile.u32(all, at + 16);
        var entry = new ZipRecord(name, method == 8, crc, places[0], places[1], payload);
        if (records.put(name, entry) != null) {
            throw bad("two records called " + TensorName.shown(name), "each name once");
        }
        return next;
    }

    /** Replaces saturated numbers by those of the zip64 extra field. */
    private void widen(String name, long extra, int length, long[] places) {
        long end = extra + length;
        for (long at = extra; at + 4 <= end; ) {
            int id = MappedFile.u16(all, at);
            long fieldEnd = at + 4 + MappedFile.u16(all, at + 2);
            if (fieldEnd > end) {
                throw bad(
                        "record " + TensorName.shown(name) + " with a damaged extra field", WHOLE);
            }
            if (id == 1) {
                long from = at + 4;
                for (int i = 0; i < places.length; i++) {
                    if (places[i] == SATURATED) {
                        if (from + Long.BYTES > fieldEnd) {
                            throw bad(
                                    "record "
                                            + TensorName.shown(name)
                                            + " with a short zip64 field",
                                    WHOLE);
                        }
                        places[i] = all.get(MappedFile.LONG, from);
                        from += Long.BYTES;
                    }
                }
                return;
            }
            at = fieldEnd;
        }
    }

    /** Where a record's bytes begin; both lengths before them stand in the local header only. */
    private long payload(String name, byte[] rawName, long local) {
        if (!within(local, LOCAL_BYTES, all.byteSize())
                || all.get(MappedFile.INT, local) != LOCAL) {
            throw bad(
                    "no local header of record " + TensorName.shown(name) + " at byte " + local,
                    WHOLE);
        }
        int nameLength = MappedFile.u16(all, local + 26);
        long payload = local + LOCAL_BYTES + nameLength + MappedFile.u16(all, local + 28);
        if (payload > all.byteSize()
                || nameLength != rawName.length
                || all.asSlice(local + LOCAL_BYTES, nameLength)
                                .mismatch(MemorySegment.ofArray(rawName))
                        >= 0) {
            throw bad("a local header that is not that of record " + TensorName.shown(name), WHOLE);
        }
        return payload;
    }

    private void requireSafe(String name) {
        boolean climbs = List.of(name.split("[/\\\\]", -1)).contains("..");
        if (name.isEmpty() || name.startsWith("/") || name.startsWith("\\") || climbs) {
            throw bad(
                    "a record called '" + TensorName.shown(name) + "'",
                    "relative names without '..'");
        }
    }

    private void refuseOverlap(Map<String, ZipRecord> records) {
        List<ZipRecord> ordered = new ArrayList<>(records.values());
        ordered.sort(Comparator.comparingLong(ZipRecord::payload));
        long end = 0;
        for (ZipRecord entry : ordered) {
            if (entry.payload() < end) {
                throw bad(
                        "record " + TensorName.shown(entry.name()) + " lies inside another",
                        "records apart");
            }
            end = entry.payload() + entry.packedSize();
        }
    }

    private static boolean within(long offset, long length, long limit) {
        return offset >= 0 && length >= 0 && offset <= limit && length <= limit - offset;
    }

    private FormatException bad(String found, String expected) {
        return new FormatException(file, found, expected);
    }
}
