package dev.cm4j.model;

/** What a denoiser estimates, and so which samplers suit it. */
public enum ModelKind {
    /** The end of the trajectory through x: each evaluation is a finished image. */
    CONSISTENCY,
    /** The mean of all clean images that x may come from: its samplers take many small steps. */
    DIFFUSION;

    /** As it stands in a sentence: {@code consistency model}. */
    public String words() {
        return this == CONSISTENCY ? "consistency model" : "diffusion model";
    }
}
