package dev.cm4j.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Turns Ctrl-C and a termination signal into a polite request, and keeps the process alive until
 * the work has answered it.
 */
final class Interrupts implements AutoCloseable {

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook;

    private Interrupts(Runnable request) {
        hook =
                new Thread(
                        () -> {
                            request.run();
                            awaitEnd();
                        },
                        "cm4j-interrupt");
    }

    /**
     * Watches from now on.
     *
     * @param request asks the work to stop; called on another thread
     * @return closed by the work when everything is saved
     */
    static Interrupts stopping(Runnable request) {
        var interrupts = new Interrupts(request);
        Runtime.getRuntime().addShutdownHook(interrupts.hook);
        return interrupts;
    }

    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            return; // the hook is what is running; it has just been released
        }
    }

    private void awaitEnd() {
        try {
            finished.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
