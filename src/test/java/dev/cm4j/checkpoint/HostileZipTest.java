package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files made to mislead: records on top of each other, claimed sizes, pickles that go in circles.
 */
class HostileZipTest {

    private static final int CENTRAL = 0x02014B50;
    private static final int SUM_AT = 16;
    private static final int SIZES_AT = 20;
    private static final int LOCAL_AT = 42;

    @TempDir private Path folder;

    @Test
    void two_records_over_the_same_bytes_are_refused() {
        byte[] bytes = TorchBytes.zip(records(), false);
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int pickle = entry(bytes, 0);
        int storage = entry(bytes, 2);
        zip.putInt(storage + LOCAL_AT, zip.getInt(pickle + LOCAL_AT));
        refused("a local header that is not that of record", bytes);
    }

    @Test
    void a_record_that_reaches_into_the_next_is_refused() {
        byte[] bytes = TorchBytes.zip(records(), false);
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int pickle = entry(bytes, 0);
        int longer = zip.getInt(pickle + SIZES_AT) + 100;
        zip.putInt(pickle + SIZES_AT, longer).putInt(pickle + SIZES_AT + 4, longer);
        refused("lies inside another", bytes);
    }

    @Test
    void a_claimed_size_is_not_believed() {
        byte[] bytes = TorchBytes.zip(records(), true);
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int storage = entry(bytes, 2);
        zip.putInt(storage + SIZES_AT + 4, 2_000_000_000);
        refused("2000000000", bytes);
    }

    /** 40 MiB that are there after 40 KiB, but of which the pickle knows nothing. */
    @Test
    void a_bomb_is_not_unpacked_beyond_what_the_pickle_says() {
        byte[] bomb = new byte[40 << 20];
        refused(
                "24 as the pickle says",
                TorchBytes.zip(TorchBytes.records(TorchBytes.smallPickle(), bomb), true));
    }

    /** The directory says more than the stream holds, within the ratio that deflate can reach. */
    @Test
    void a_claim_within_the_ratio_is_proved_before_memory_is_taken() {
        int claimed = 41 << 20;
        byte[] pickle =
                TorchBytes.begin()
                        .raw('}')
                        .text("w")
                        .tensor(
                                "ByteStorage",
                                "0",
                                claimed,
                                0,
                                new long[] {claimed},
                                new long[] {1})
                        .raw('s')
                        .stop();
        refused("unpacks to 41943040 bytes of 42991616", withPickle(pickle, claimed));
    }

    private static byte[] withPickle(byte[] pickle, int claimed) {
        Map<String, byte[]> records = TorchBytes.records(pickle, new byte[40 << 20]);
        byte[] bytes = TorchBytes.zip(records, true);
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(entry(bytes, 2) + SIZES_AT + 4, claimed);
        return bytes;
    }

    @Test
    void a_record_that_may_not_be_so_large_is_not_unpacked() {
        Map<String, byte[]> records = records();
        records.put("a/version", new byte[1 << 20]);
        refused("a version of 1048576 bytes; expected at most 64", crcless(records, 3));
        records = records();
        records.put("a/byteorder", new byte[65]);
        refused("a byteorder of 65 bytes", crcless(records, 1));
        records = records();
        records.put("a/data.pkl", new byte[(64 << 20) + 1]);
        refused("a data.pkl of 67108865 bytes", crcless(records, 0));
    }

    /** Packed, one record with a sum that unpacking would find to be wrong. */
    private static byte[] crcless(Map<String, byte[]> records, int number) {
        byte[] bytes = TorchBytes.zip(records, true);
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(entry(bytes, number) + SUM_AT, 0x12345678);
        return bytes;
    }

    @Test
    void a_list_or_dict_that_holds_itself_is_refused() {
        byte[] list = TorchBytes.begin().raw(']', 'q', 0, 'h', 0, 'a', '.').bytes();
        refusedPickle("a container that contains itself", list);
        byte[] dict = TorchBytes.begin().raw('}', 'q', 0).text("me").raw('h', 0, 's', '.').bytes();
        refusedPickle("'me': a container that contains itself", dict);
        byte[] far =
                TorchBytes.begin()
                        .raw('}', 'q', 0)
                        .text("a")
                        .raw(']', 'q', 1, 'h', 0, 'a', 's', '.')
                        .bytes();
        refusedPickle("contains itself", far);
    }

    @Test
    void a_key_twice_in_one_dict_is_refused() {
        byte[] pickle =
                TorchBytes.begin()
                        .raw('}', '(')
                        .text("w")
                        .tensor("FloatStorage", "0", 6, 0, new long[] {6}, new long[] {1})
                        .text("w")
                        .tensor("FloatStorage", "0", 6, 0, new long[] {2}, new long[] {1})
                        .raw('u', '.')
                        .bytes();
        refusedPickle("the key 'w' twice", pickle);
    }

    @Test
    void names_that_become_the_same_are_refused() {
        byte[] pickle =
                TorchBytes.begin()
                        .raw('}', '(')
                        .text("a/b")
                        .tensor("FloatStorage", "0", 6, 0, new long[] {6}, new long[] {1})
                        .text("a")
                        .raw('}')
                        .text("b")
                        .tensor("FloatStorage", "0", 6, 0, new long[] {2}, new long[] {1})
                        .raw('s', 'u', '.')
                        .bytes();
        refusedPickle("'a/b': two tensors of this name", pickle);
    }

    @Test
    void a_directory_that_claims_a_million_records_costs_nothing() {
        byte[] bytes = TorchBytes.zip(records(), false);
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(bytes.length - 12, (short) 60_000);
        refused("no directory entry", bytes);
    }

    private static Map<String, byte[]> records() {
        return TorchBytes.records(TorchBytes.smallPickle(), TorchBytes.floats(6));
    }

    /** Offset of a record's directory entry, by its number. */
    private static int entry(byte[] bytes, int number) {
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int at = zip.getInt(bytes.length - 6);
        for (int i = 0; i < number; i++) {
            at += 46 + zip.getShort(at + 28) + zip.getShort(at + 30) + zip.getShort(at + 32);
        }
        assertTrue(zip.getInt(at) == CENTRAL, "no directory entry at " + at);
        return at;
    }

    private void refusedPickle(String part, byte[] pickle) {
        refused(part, TorchBytes.zip(TorchBytes.records(pickle, TorchBytes.floats(6)), false));
    }

    private void refused(String part, byte[] bytes) {
        Path file = folder.resolve("hostile.pt");
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var refusal = assertThrows(FormatException.class, () -> TorchFile.open(file).close());
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }
}
