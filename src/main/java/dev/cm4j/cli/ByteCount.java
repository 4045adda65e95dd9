package dev.cm4j.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes of files as people write them. */
final class ByteCount {

    private static final Pattern TEXT = Pattern.compile("(\\d{1,12})\\s*([kmgt]?)b?");

    private ByteCount() {}

    /**
     * Reads a size.
     *
     * @param text such as {@code 5GB}, {@code 200MB} or {@code 1000}; a thousand bytes make a kB
     * @return bytes, positive
     * @throws IllegalArgumentException if it is no size
     */
    static long of(String text) {
        Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no size; write it as 5GB, 200MB or 1000");
        }
        long bytes = Long.parseLong(matcher.group(1));
        for (int i = 0;
                i < "kmgt".indexOf(matcher.group(2)) + 1 && !matcher.group(2).isEmpty();
                i++) {
            bytes = Math.multiplyExact(bytes, 1000L);
        }
        if (bytes == 0) {
            throw new IllegalArgumentException("a size of " + text + " holds nothing");
        }
        return bytes;
    }
}
