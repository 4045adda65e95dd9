package dev.cm4j.convert;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.WriteProgress;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeSet;

/**
 * SHA-256 of what tensors hold, whatever file they are in: equal weights have equal digests.
 *
 * <p>Hashed are, in the order of the names: name, type and shape as text, each ended by a zero
 * byte, and the elements.
 */
public final class TensorDigest {

    private static final long PIECE = 1L << 24;

    private TensorDigest() {}

    /**
     * The digest of all tensors.
     *
     * @param entries any tensors
     * @param progress hears of each, counted in tensors
     * @return 64 lower-case hexadecimal digits
     */
    public static String sha256(Map<String, TensorEntry> entries, WriteProgress progress) {
        MessageDigest digest = digest();
        long done = 0;
        for (String name : new TreeSet<>(entries.keySet())) {
            TensorEntry entry = entries.get(name);
            text(digest, name);
            text(digest, entry.dtype().name());
            text(digest, Arrays.toString(entry.shape()));
            MemorySegment data = entry.data();
            for (long at = 0; at < data.byteSize(); at += PIECE) {
                digest.update(
                        data.asSlice(at, Math.min(PIECE, data.byteSize() - at)).asByteBuffer());
            }
            progress.progressed(++done, entries.size());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void text(MessageDigest digest, String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }
}
