package dev.cm4j.tensor;

/** Threads one native operation spreads over. */
public final class Threads {
    private Threads() {}

    /**
     * @param count at least 1
     * @throws IllegalArgumentException if below 1
     */
    public static void set(int count) {
        LibraryNative.threads(count);
    }

    /** The present number, the machine's cores unless set. */
    public static int get() {
        return LibraryNative.threads();
    }
}
