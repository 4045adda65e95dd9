package dev.cm4j.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Class numbers as typed: {@code 3}, {@code 0-9} or {@code 1,2,7-9}.
 *
 * @param classes at least one, each at least 0, in the order typed
 */
record ClassList(List<Long> classes) {

    private static final int MOST = 100_000;

    /** Reads what was typed. */
    static final class Converter implements ITypeConverter<ClassList> {
        @Override
        public ClassList convert(String text) {
            List<Long> classes = new ArrayList<>();
            for (String part : text.split(",", -1)) {
                String[] ends = part.strip().split("-", -1);
                if (ends.length > 2) {
                    throw wrong(text);
                }
                long first = number(ends[0], text);
                long last = number(ends[ends.length - 1], text);
                if (last < first || last - first >= MOST) {
                    throw wrong(text);
                }
                for (long k = first; k <= last; k++) {
                    classes.add(k);
                }
            }
            return new ClassList(List.copyOf(classes));
        }

        private static long number(String part, String whole) {
            if (!part.matches("\\d{1,9}")) {
                throw wrong(whole);
            }
            return Long.parseLong(part);
        }

        private static TypeConversionException wrong(String text) {
            return new TypeConversionException(
                    "'" + text + "' is no list of classes; write 3, 0-9 or 1,2,7-9");
        }
    }
}
