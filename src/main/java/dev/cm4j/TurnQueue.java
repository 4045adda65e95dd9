package dev.cm4j;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * One at a time, first come first served; whoever waits may be interrupted or cancelled. What runs
 * in a turn runs on a platform thread, as native work must: a virtual thread lends its turn to one
 * started for the purpose, so there is never more than one of those.
 */
final class TurnQueue {

    private static final AtomicLong QUEUES = new AtomicLong();

    private final long number = QUEUES.getAndIncrement();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Object> queue = new ArrayDeque<>();
    private Thread working;
    private boolean busy;
    private boolean closed;

    /** Queues are counted as they are made: who needs several takes them in this order. */
    long number() {
        return number;
    }

    /**
     * Waits for a turn and works.
     *
     * @throws CancellationException if the thread is interrupted, which it then still is, or the
     *     request cancelled
     * @throws IllegalStateException if the turns have ended, or from inside a turn
     */
    <T> T take(Optional<Cancellation> cancellation, Supplier<T> work) {
        enter(cancellation);
        try {
            return onPlatformThread(() -> inTurn(work));
        } finally {
            leave();
        }
    }

    /**
     * Works here, or on a platform thread of its own where this is a virtual one, which waits for
     * it; interrupting the one interrupts the other.
     */
    static <T> T onPlatformThread(Supplier<T> work) {
        return Thread.currentThread().isVirtual() ? carried(work) : work.get();
    }

    /** Lets the turn in hand end and no other begin; those who wait are refused. */
    void end() {
        lock.lock();
        try {
            refuseNested();
            closed = true;
            changed.signalAll();
            while (busy) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void enter(Optional<Cancellation> cancellation) {
        Object me = new Object();
        Runnable wake = this::wakeAll;
        cancellation.ifPresent(c -> c.addWaiting(wake));
        lock.lock();
        try {
            refuseNested();
            queue.add(me);
            while (!closed && (busy || !me.equals(queue.peek()))) {
                cancellation.ifPresent(Cancellation::check);
                changed.await();
            }
            cancellation.ifPresent(Cancellation::check);
            if (closed) {
                throw new IllegalStateException("this pipeline is closed");
            }
            busy = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted();
        } finally {
            queue.remove(me);
            changed.signalAll();
            lock.unlock();
            cancellation.ifPresent(c -> c.removeWaiting(wake));
        }
    }

    static CancellationException interrupted() {
        return new CancellationException("the thread that asked for pictures was interrupted");
    }

    private void wakeAll() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void leave() {
        lock.lock();
        try {
            busy = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void refuseNested() {
        if (Thread.currentThread().equals(working)) {
            throw new IllegalStateException(
                    "a callback cannot ask or close the pipeline that is calling it");
        }
    }

    private <T> T inTurn(Supplier<T> work) {
        own(Thread.currentThread());
        try {
            return work.get();
        } finally {
            own(null);
        }
    }

    private void own(Thread thread) {
        lock.lock();
        try {
            working = thread;
        } finally {
            lock.unlock();
        }
    }

    private static <T> T carried(Supplier<T> work) {
        var task = new Carried<>(work);
        Thread carrier = Thread.ofPlatform().daemon().name("cm4j carrier").start(task);
        boolean wasInterrupted = false;
        while (true) {
            try {
                carrier.join();
                break;
            } catch (InterruptedException e) {
                wasInterrupted = true;
                carrier.interrupt();
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
        return task.outcome();
    }

    /** The outcome of a thread's work, to be asked for when the thread has ended. */
    private static final class Carried<T> implements Runnable {
        private final Supplier<T> work;
        private T result;
        private Throwable failure;

        Carried(Supplier<T> work) {
            this.work = work;
        }

        @Override
        public void run() {
            try {
                result = work.get();
            } catch (Throwable e) {
                failure = e;
            }
        }

        T outcome() {
            return switch (failure) {
                case null -> result;
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new IllegalStateException(failure);
            };
        }
    }
}
