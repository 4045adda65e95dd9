package dev.cm4j.data;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Work on every index at once, whose failure is the same whatever the threads did.
 *
 * <p>A parallel stream returns at its first failure while other threads still write; here all have
 * ended before anything is thrown, so what they write to may be freed then.
 */
final class EachIndex {

    private record Failure(int index, Throwable thrown) {}

    private EachIndex() {}

    /**
     * Does the work of each index, in any order, and waits for all.
     *
     * @param count of indices
     * @param work for an index from 0 to count − 1
     * @throws RuntimeException the failure of the lowest index, the same object
     */
    static void of(int count, IntConsumer work) {
        var lowest = new AtomicReference<>(new Failure(count, null));
        IntStream.range(0, count)
                .parallel()
                .forEach(i -> {
                    if (i > lowest.get().index()) {
                        return; // a lower one failed already
                    }
                    try {
                        work.accept(i);
                    } catch (RuntimeException | Error e) {
                        lowest.accumulateAndGet(
                                new Failure(i, e), (a, b) -> b.index() < a.index() ? b : a);
                    }
                });
        switch (lowest.get().thrown()) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case null, default -> {}
        }
    }
}
