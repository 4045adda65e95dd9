package dev.cm4j.checkpoint;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What the name of a tensor may be, and how a name appears in a sentence. */
final class TensorName {

    /** Most characters of a tensor's name; those of published networks have less than 150. */
    static final int LONGEST = 1024;

    private static final int SHOWN = 200;

    private TensorName() {}

    /**
     * Refuses a name that is too long.
     *
     * @throws FormatException if it has more than {@value #LONGEST} characters
     */
    static void require(Path file, String name) {
        if (name.length() > LONGEST) {
            throw new FormatException(
                    file,
                    "a tensor name of %d characters, '%s'".formatted(name.length(), shown(name)),
                    "names of at most " + LONGEST + " characters");
        }
    }

    /** A name, or the beginning of a long one. */
    static String shown(String name) {
        return name.length() <= SHOWN ? name : name.substring(0, SHOWN) + "…";
    }

    /**
     * A name as it is written to files.
     *
     * @throws IllegalArgumentException if it has a lone surrogate, which is no character
     */
    static byte[] utf8(String name) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(name));
            byte[] exact = new byte[bytes.remaining()];
            bytes.get(exact);
            return exact;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "the name '" + shown(name) + "' has half a character, which no file can hold",
                    e);
        }
    }
}
