package dev.cm4j.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.testing.NoLeaks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The garbage collector takes nothing that a running native call needs. */
@ExtendWith(NoLeaks.class)
class CollectionStressNativeTest {
    private static final long DURATION = 1_500_000_000; // nanoseconds
    private static final long PAUSE = 2_000_000; // nanoseconds between collections
    private static final int SIZE = 1 << 14;

    @Test
    void collecting_during_calls_harms_nothing() throws InterruptedException {
        var done = new AtomicBoolean();
        Thread collector =
                Thread.ofPlatform()
                        .start(() -> {
                            while (!done.get()) {
                                System.gc();
                                LockSupport.parkNanos(PAUSE);
                            }
                        });
        try (var outer = Scope.open()) {
            Tensor total = Tensor.zeros(DType.F64);
            long end = System.nanoTime() + DURATION;
            int rounds = 0;
            for (; rounds < 2 || System.nanoTime() < end; rounds++) {
                try (var _ = Scope.open()) {
                    total.addInPlace(borrowed(rounds).plus(borrowed(1)).square().sqrt().mean());
                }
            }
            // Σ (i + 1) for i = 0 … rounds - 1
            assertEquals(rounds * (rounds + 1.0) / 2, total.item(), 1e-9);
            assertEquals(outer, Scope.current());
        } finally {
            done.set(true);
            collector.join();
        }
    }

    /** Memory that nothing in Java refers to once this returns. */
    private static Tensor borrowed(double value) {
        MemorySegment memory = Arena.ofAuto().allocate(SIZE * 8L, 8);
        for (int i = 0; i < SIZE; i++) {
            memory.setAtIndex(ValueLayout.JAVA_DOUBLE, i, value);
        }
        return Tensor.wrap(memory, DType.F64, SIZE);
    }
}
