package dev.cm4j.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads the constants of an enum as people write them: {@code ict-cifar10}.
 *
 * @param <E> the enum
 */
abstract class KebabConverter<E extends Enum<E>> implements ITypeConverter<E> {

    private final Class<E> type;

    KebabConverter(Class<E> type) {
        this.type = type;
    }

    @Override
    public E convert(String text) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> written(constant).equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() ->
                        new TypeConversionException(
                                "'%s' is none of: %s"
                                        .formatted(
                                                text,
                                                Arrays.stream(type.getEnumConstants())
                                                        .map(KebabConverter::written)
                                                        .collect(Collectors.joining(", ")))));
    }

    private static String written(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
