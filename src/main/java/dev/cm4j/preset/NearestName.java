package dev.cm4j.preset;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** The name somebody probably meant, by the number of letters that differ. */
public final class NearestName {

    private NearestName() {}

    /**
     * A sentence such as {@code ; did you mean 'batch_size'?}, or a list of all names where none is
     * near.
     *
     * @param wrong what was written
     * @param known all names there are
     * @return the end of a sentence
     */
    public static String hint(String wrong, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingInt((String name) -> distance(wrong, name)))
                .filter(name -> distance(wrong, name) <= Math.max(2, wrong.length() / 2))
                .map(name -> "; did you mean '" + name + "'?")
                .orElseGet(() -> "; known are " + String.join(", ", known));
    }

    /** Levenshtein distance, letter case aside. */
    static int distance(String first, String second) {
        String a = first.toLowerCase(Locale.ROOT);
        String b = second.toLowerCase(Locale.ROOT);
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, Math.min(previous[j], row[j - 1]) + 1);
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
