package dev.cm4j.data;

/** Where the classes of a folder of pictures come from. */
public enum LabelRule {
    /** JSON if {@code dataset.json} is there, else DIR if no picture lies at the top, else NONE. */
    AUTO,
    /** No classes. */
    NONE,
    /** The file name up to the first '_', as openai/consistency_models has it. */
    PREFIX,
    /** The first folder below the root. */
    DIR,
    /** The file {@code dataset.json}, as NVlabs/edm has it. */
    JSON
}
