package dev.cm4j.cli;

import java.util.OptionalInt;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Images of a forward pass as typed: a number, or {@code auto}.
 *
 * @param images empty for the most that memory allows
 */
record MicroBatch(OptionalInt images) {

    /** Reads what was typed. */
    static final class Converter implements ITypeConverter<MicroBatch> {
        @Override
        public MicroBatch convert(String text) {
            if (text.equals("auto")) {
                return new MicroBatch(OptionalInt.empty());
            }
            try {
                int images = Integer.parseInt(text);
                if (images > 0) {
                    return new MicroBatch(OptionalInt.of(images));
                }
            } catch (NumberFormatException e) {
                throw new TypeConversionException(
                        "'" + text + "' is neither a number of images nor auto");
            }
            throw new TypeConversionException("'" + text + "' images are too few; 1 or more");
        }
    }
}
