package dev.cm4j.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory lent to native tensors: a segment stays reachable from {@link Tensor#wrap} until the last
 * tensor over it is gone, on whatever thread that happens.
 */
final class Loans {
    private static final Map<Long, MemorySegment> LENT = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT = new AtomicLong(1);

    private Loans() {}

    /** Notes the loan and returns its ticket. */
    static long begin(MemorySegment segment) {
        long ticket = NEXT.getAndIncrement();
        LENT.put(ticket, segment);
        return ticket;
    }

    /** Called from native code, where an escaping exception would end the process. */
    static void end(long ticket) {
        try {
            LENT.remove(ticket);
        } catch (Throwable e) {
            System.err.println("cm4j: a lent segment stays reachable: " + e);
        }
    }

    /** Segments lent and not returned. */
    static int count() {
        return LENT.size();
    }
}
