package dev.cm4j.sample;

/** Hears of each step of a sampler, and may end the sampling. */
@FunctionalInterface
public interface SampleListener {

    /** Hears nothing and never ends the sampling. */
    SampleListener NONE = _ -> true;

    /**
     * Called after each step, on the sampling thread.
     *
     * @param step what was done
     * @return false to stop: the sampler then throws {@link
     *     java.util.concurrent.CancellationException}
     */
    boolean finished(SampleStep step);
}
