package dev.cm4j.convert;

import dev.cm4j.checkpoint.ShardedSafetensors;
import java.nio.file.Path;
import java.util.Locale;

/** A form in which weights can be written. */
public enum OutputFormat {
    /** PyTorch, OpenAI's names. */
    PT("PyTorch state dict"),
    /** safetensors, OpenAI's names, in one file or several. */
    SAFETENSORS("safetensors"),
    /** A folder that diffusers opens. */
    DIFFUSERS("diffusers folder"),
    /** A model of cm4j: safetensors that describes itself. */
    CM4J("cm4j model");

    private final String words;

    OutputFormat(String words) {
        this.words = words;
    }

    /** In words. */
    public String words() {
        return words;
    }

    /**
     * The format that a name asks for.
     *
     * @param out the file or folder to write
     * @return a folder of diffusers where the name has no suffix
     * @throws IllegalArgumentException if its suffix is none of a checkpoint
     */
    public static OutputFormat of(Path out) {
        String name = out.getFileName().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".pt") || name.endsWith(".pth") || name.endsWith(".bin")) {
            return PT;
        }
        if (name.endsWith(".safetensors") || name.endsWith(ShardedSafetensors.SUFFIX)) {
            return SAFETENSORS;
        }
        if (name.matches(".*\\.[a-z]{1,8}")) {
            throw new IllegalArgumentException(
                    out
                            + " ends in no suffix of a checkpoint: .pt, .pth, .bin, .safetensors, or"
                            + " none for a diffusers folder; or give --to");
        }
        return DIFFUSERS;
    }
}
