package dev.cm4j;

import java.util.Iterator;
import java.util.List;

/** Frees several things, all of them whatever fails. */
public final class Closing {

    private Closing() {}

    private interface One extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Runs each, the last first.
     *
     * @param all what frees something each
     * @throws RuntimeException the first failure, with the others suppressed in it
     */
    public static void all(List<? extends Runnable> all) {
        rest(all.iterator());
    }

    private static void rest(Iterator<? extends Runnable> rest) {
        if (rest.hasNext()) {
            One one = rest.next()::run;
            try (one) {
                rest(rest);
            }
        }
    }
}
