package dev.cm4j.cli;

import dev.cm4j.tensor.DType;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the types that weights are stored as. */
final class WeightType implements ITypeConverter<DType> {

    private static final List<DType> TYPES = List.of(DType.F32, DType.F16, DType.BF16);

    @Override
    public DType convert(String text) {
        return TYPES.stream()
                .filter(type ->
                        type.name().toLowerCase(Locale.ROOT).equals(text.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() ->
                        new TypeConversionException(
                                "weights are stored as f32, f16 or bf16, not " + text));
    }
}
