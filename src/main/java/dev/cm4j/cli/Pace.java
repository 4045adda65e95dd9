package dev.cm4j.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How often something happens in a run: every so many steps, or every so many minutes of training.
 *
 * @param steps between two times; 0: by minutes
 * @param seconds of training between two times; infinity: by steps
 */
record Pace(long steps, double seconds) {

    private static final Pattern TYPED = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*(|m|min|steps?)");
    private static final double MINUTE = 60;

    /** Every so many minutes of training. */
    static Pace minutes(double minutes) {
        return new Pace(0, minutes * MINUTE);
    }

    /** Whether it is time again after a step. */
    boolean due(long step, double secondsSinceLast) {
        return steps > 0 ? step % steps == 0 : secondsSinceLast >= seconds;
    }

    /** Reads what was typed. */
    static final class Converter implements ITypeConverter<Pace> {
        @Override
        public Pace convert(String text) {
            Matcher typed = TYPED.matcher(text.strip());
            if (typed.matches() && Double.parseDouble(typed.group(1)) > 0) {
                if (!typed.group(2).startsWith("s")) {
                    return minutes(Double.parseDouble(typed.group(1)));
                }
                if (typed.group(1).matches("\\d{1,18}")) {
                    return new Pace(Long.parseLong(typed.group(1)), Double.POSITIVE_INFINITY);
                }
            }
            throw new TypeConversionException(
                    "'" + text + "' is no pace; write minutes as 2.5 or steps as 500steps");
        }
    }
}
