package dev.cm4j.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Numbers as typed, separated by commas: {@code 80,0.8}.
 *
 * @param values at least one, finite
 */
record NumberList(double[] values) {

    private static final MathContext FOUR_DIGITS = new MathContext(4);

    /**
     * @return the values as whole numbers
     * @throws IllegalArgumentException if one is not whole
     */
    int[] whole() {
        int[] numbers = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            if (values[i] != Math.rint(values[i]) || Math.abs(values[i]) > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(values[i] + " is no whole number");
            }
            numbers[i] = (int) values[i];
        }
        return numbers;
    }

    /**
     * Numbers as one types them, to four digits.
     *
     * @param numbers finite
     * @return such as {@code 80,0.8}
     */
    static String words(List<Double> numbers) {
        return numbers.stream()
                .map(x -> BigDecimal.valueOf(x).round(FOUR_DIGITS).stripTrailingZeros())
                .map(BigDecimal::toPlainString)
                .collect(Collectors.joining(","));
    }

    /** Reads what was typed. */
    static final class Converter implements ITypeConverter<NumberList> {
        @Override
        public NumberList convert(String text) {
            try {
                double[] values =
                        Arrays.stream(text.split(",", -1))
                                .mapToDouble(part -> Double.parseDouble(part.strip()))
                                .toArray();
                if (Arrays.stream(values).allMatch(Double::isFinite)) {
                    return new NumberList(values);
                }
            } catch (NumberFormatException e) {
                throw new TypeConversionException(
                        "'" + text + "' is no list of numbers; write them as 80,0.8");
            }
            throw new TypeConversionException("'" + text + "' holds a value that is not finite");
        }
    }
}
