package dev.cm4j.preset;

import java.util.Collection;
import java.util.Map;

/**
 * YAML texts read as config records, by the rules of presets: keys are the components' names in
 * snake case, and an unknown one is refused with the nearest that is known.
 */
public final class ConfigText {

    private ConfigText() {}

    /**
     * Reads a text.
     *
     * @param text YAML
     * @param origin where it comes from, for messages
     * @param type what it says
     * @param given values for keys that may be left out, by their name at any depth
     * @throws PresetException naming the key, if the text does not fit the type
     */
    public static <T extends Record> T read(
            String text, String origin, Class<T> type, Map<String, Object> given) {
        try {
            return new RecordReader(given).read(PresetTree.parse(text, origin), type, "");
        } catch (PresetException e) {
            String words = e.getMessage();
            throw new PresetException(words.startsWith(origin) ? words : origin + ": " + words, e);
        }
    }

    /**
     * The end of a sentence about a name that is not known.
     *
     * @param wrong what was written
     * @param known what could have been
     * @return the nearest one, or all where none is near
     */
    public static String hint(String wrong, Collection<String> known) {
        return NearestName.hint(wrong, known);
    }
}
