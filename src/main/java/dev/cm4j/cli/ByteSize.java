package dev.cm4j.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An amount of memory as typed: {@code 6G}, {@code 512M}, {@code 1.5GiB} or plain bytes, in units
 * that are powers of 1024; or the size of a file, where those without an i are powers of 1000.
 *
 * @param bytes positive
 */
record ByteSize(long bytes) {

    private static final Pattern TYPED = Pattern.compile("(\\d+(?:\\.\\d+)?)([KMGT]?)(?:(I?)B)?");
    private static final String UNITS = "KMGT";
    private static final int BINARY = 1024;
    private static final int DECIMAL = 1000;

    private static ByteSize of(String text, int unit, String what) {
        Matcher typed = TYPED.matcher(text.strip().toUpperCase(Locale.ROOT));
        if (typed.matches()) {
            int base = "I".equals(typed.group(3)) ? BINARY : unit;
            int power = typed.group(2).isEmpty() ? 0 : 1 + UNITS.indexOf(typed.group(2));
            BigDecimal bytes =
                    new BigDecimal(typed.group(1)).multiply(BigDecimal.valueOf(base).pow(power));
            boolean fits = bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) < 0;
            if (bytes.compareTo(BigDecimal.ONE) >= 0 && fits) {
                return new ByteSize(bytes.longValue());
            }
        }
        throw new TypeConversionException("'" + text + "' is no " + what);
    }

    /** Reads an amount of memory. */
    static final class Converter implements ITypeConverter<ByteSize> {
        @Override
        public ByteSize convert(String text) {
            return of(text, BINARY, "amount of memory; write it as 6G or 512M");
        }
    }

    /** Reads the size of a file. */
    static final class FileConverter implements ITypeConverter<ByteSize> {
        @Override
        public ByteSize convert(String text) {
            return of(text, DECIMAL, "size of a file; write it as 5GB, 200MB or 1000");
        }
    }
}
