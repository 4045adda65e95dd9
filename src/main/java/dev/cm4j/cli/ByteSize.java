package dev.cm4j.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An amount of memory as typed: {@code 6G}, {@code 512M}, {@code 1.5GiB} or plain bytes. Units are
 * powers of 1024.
 *
 * @param bytes positive
 */
record ByteSize(long bytes) {

    private static final Pattern TYPED = Pattern.compile("(\\d+(?:\\.\\d+)?)([KMGT]?)(?:IB|B)?");
    private static final String UNITS = "KMGT";
    private static final int UNIT_BITS = 10;
    private static final double MIB = 1 << 20;
    private static final double GIB = 1 << 30;

    /**
     * Memory as one reads it.
     *
     * @param bytes not negative
     * @return such as {@code 12.5 MiB}
     */
    static String words(long bytes) {
        return bytes < GIB
                ? String.format(Locale.ROOT, "%.1f MiB", bytes / MIB)
                : String.format(Locale.ROOT, "%.2f GiB", bytes / GIB);
    }

    /** Reads what was typed. */
    static final class Converter implements ITypeConverter<ByteSize> {
        @Override
        public ByteSize convert(String text) {
            Matcher typed = TYPED.matcher(text.strip().toUpperCase(Locale.ROOT));
            if (typed.matches()) {
                int power = 1 + UNITS.indexOf(typed.group(2).isEmpty() ? " " : typed.group(2));
                BigDecimal unit = BigDecimal.valueOf(1L << (UNIT_BITS * power));
                BigDecimal bytes = new BigDecimal(typed.group(1)).multiply(unit);
                boolean fits = bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) < 0;
                if (bytes.compareTo(BigDecimal.ONE) >= 0 && fits) {
                    return new ByteSize(bytes.longValue());
                }
            }
            throw new TypeConversionException(
                    "'" + text + "' is no amount of memory; write it as 6G or 512M");
        }
    }
}
