package dev.cm4j;

/** Hears of the steps of a request, as {@code callback_on_step_end} does in diffusers. */
@FunctionalInterface
public interface StepCallback {

    /**
     * Called after a step, on the thread that samples: the caller's, or the carrier of a virtual
     * one. It may cancel the request, but not ask the same pipeline for pictures.
     *
     * @param end what was done
     */
    void onStepEnd(StepEnd end);
}
