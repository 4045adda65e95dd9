package dev.cm4j.compare;

import dev.cm4j.preset.ConfigText;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The names by which parts of a comparison speak of each other; they become names of files. */
final class Names {

    private static final String FORM = "[A-Za-z0-9][A-Za-z0-9 ._+-]{0,47}";

    private Names() {}

    /** Refuses a name that no file can have. */
    static void require(String what, String name) {
        if (!name.matches(FORM)) {
            throw new IllegalArgumentException(
                    "the name '%s' of a %s must be 1 to 48 letters, digits, spaces and . _ + -"
                            .formatted(name, what));
        }
    }

    /** Refuses one name for two things. */
    static void requireDifferent(String what, List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                throw new IllegalArgumentException("two %s are called '%s'".formatted(what, name));
            }
        }
    }

    /** Refuses a name of nothing. */
    static void requireKnown(String where, String name, Collection<String> known) {
        if (!known.contains(name)) {
            throw new IllegalArgumentException(
                    "%s: there is no '%s'%s".formatted(where, name, ConfigText.hint(name, known)));
        }
    }
}
