package dev.cm4j.cli;

import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Says that the words were wrong, not the world. */
final class Usage {

    private Usage() {}

    /**
     * Computes something from what was typed; its complaint becomes the user's.
     *
     * @param spec the command
     * @param value what to compute
     * @return the value
     * @throws ParameterException with the same message, if the value was refused as an argument
     */
    static <T> T check(CommandSpec spec, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /**
     * As {@link #check}, for what gives no value.
     *
     * @param spec the command
     * @param action what to do
     * @throws ParameterException with the same message, if an argument was refused
     */
    static void run(CommandSpec spec, Runnable action) {
        check(
                spec,
                () -> {
                    action.run();
                    return true;
                });
    }
}
