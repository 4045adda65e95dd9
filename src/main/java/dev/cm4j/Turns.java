package dev.cm4j;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What keeps all who work with the same networks apart: a pipeline, its generators and its editors
 * take turns, one at a time, first come first served. Work that needs two models, such as guidance
 * by a weaker one, has a turn with both.
 */
public final class Turns {

    private final List<TurnQueue> queues; // in the order in which they are taken

    private Turns(List<TurnQueue> queues) {
        this.queues = queues;
    }

    /** Turns with a model that nothing else uses. */
    static Turns apart() {
        return of(new TurnQueue());
    }

    /** Turns of this queue. */
    static Turns of(TurnQueue queue) {
        return new Turns(List.of(queue));
    }

    /** Turns with the models of both; everyone takes queues in one order, so nobody deadlocks. */
    Turns and(Turns other) {
        return new Turns(
                Stream.concat(queues.stream(), other.queues.stream())
                        .distinct()
                        .sorted(Comparator.comparingLong(TurnQueue::number))
                        .toList());
    }

    /**
     * Waits for a turn and works, on a platform thread.
     *
     * @throws CancellationException if the thread is interrupted while it waits, which it then
     *     still is, or the request cancelled
     * @throws IllegalStateException if a pipeline is closed, or from inside a turn
     */
    <T> T take(Optional<Cancellation> cancellation, Supplier<T> work) {
        return take(0, cancellation, work);
    }

    private <T> T take(int first, Optional<Cancellation> cancellation, Supplier<T> work) {
        return first == queues.size()
                ? work.get()
                : queues.get(first).take(cancellation, () -> take(first + 1, cancellation, work));
    }
}
