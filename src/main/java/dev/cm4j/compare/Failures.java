package dev.cm4j.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Function;

/** What of a comparison could not be done, a sentence each, so that the rest can go on. */
final class Failures {

    private final Function<Throwable, String> sentences;
    private final Consumer<String> notices;
    private final List<Failure> all = new ArrayList<>();

    /**
     * A part that is missing.
     *
     * @param part such as {@code entry CD}
     * @param sentence why
     */
    record Failure(String part, String sentence) {}

    /**
     * @param sentences says in one line what an exception means
     * @param notices is told of each failure
     */
    Failures(Function<Throwable, String> sentences, Consumer<String> notices) {
        this.sentences = sentences;
        this.notices = notices;
    }

    /**
     * Does a part of the work; where it fails, that is noted, and where it was ended on demand it
     * is left at that.
     *
     * @param part what is done
     * @param work does it
     * @return whether it was done
     */
    boolean attempt(String part, Runnable work) {
        try {
            work.run();
            return true;
        } catch (CancellationException e) {
            return false; // asked for, so no failure
        } catch (RuntimeException | OutOfMemoryError e) {
            note(part, sentences.apply(e));
            return false;
        }
    }

    /** Notes that a part cannot be done. */
    void note(String part, String sentence) {
        String head = part + ": ";
        String why = sentence.startsWith(head) ? sentence.substring(head.length()) : sentence;
        all.add(new Failure(part, why));
        notices.accept(head + why);
    }

    /** All so far, in their order. */
    List<Failure> all() {
        return List.copyOf(all);
    }
}
