package dev.cm4j.metric;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Everything that was measured of a set of pictures, each number with what one must know to compare
 * it.
 *
 * @param count number of pictures, N
 * @param values in the order in which they are told
 */
public record PictureScore(long count, List<Value> values) {

    /** Takes an unmodifiable copy. */
    public PictureScore {
        values = List.copyOf(values);
    }

    /**
     * One number.
     *
     * @param name such as {@code fid}
     * @param value the number itself
     * @param spread its standard deviation, where the metric has one of its own
     * @param protocol how it was measured, of how many pictures
     */
    public record Value(String name, double value, OptionalDouble spread, String protocol) {}

    /**
     * A number by its name.
     *
     * @param name such as {@code fid}
     * @return the number, empty where it was not measured
     */
    public OptionalDouble value(String name) {
        return values.stream()
                .filter(value -> value.name().equals(name))
                .mapToDouble(Value::value)
                .findFirst();
    }

    /**
     * What to keep in mind of a Fréchet distance of few pictures.
     *
     * @param count pictures scored, N
     * @param dimension d, length of a feature vector
     * @return a sentence, empty where N is the usual 50,000 or more
     */
    public static String note(long count, int dimension) {
        if (count >= 50_000) {
            return "";
        }
        String bias =
                String.format(
                        Locale.ROOT,
                        "a Frechet distance of N pictures lies about c/N too high: compare with"
                                + " equal N = %,d only, not with published numbers of 50,000",
                        count);
        return count > dimension
                ? bias
                : bias
                        + String.format(
                                Locale.ROOT,
                                "; with no more pictures than the %,d features their covariance is"
                                        + " singular, KID is the better judge",
                                dimension);
    }
}
