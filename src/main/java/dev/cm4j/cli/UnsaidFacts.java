package dev.cm4j.cli;

import dev.cm4j.checkpoint.FormatException;
import java.util.regex.Pattern;

/**
 * Sends a person who opened a checkpoint of another program to the command that can be told what
 * the checkpoint does not say.
 */
final class UnsaidFacts {

    private static final Pattern OPTION =
            Pattern.compile("--(from|qkv-order|head-channels|heads|patch|scalings)\\b");

    private UnsaidFacts() {}

    /** The same complaint, where it names options of {@code convert} with that command. */
    static FormatException explained(FormatException refusal) {
        if (!OPTION.matcher(refusal.expected()).find()) {
            return refusal;
        }
        return new FormatException(
                refusal.file(),
                refusal.found(),
                refusal.expected()
                        + "; say it once: cm4j convert "
                        + refusal.file()
                        + " model.safetensors --to cm4j and that option, then open that model",
                refusal);
    }
}
