package dev.cm4j.data;

/** Which half of a data set with a published division. */
public enum Split {
    /** Images to learn from. */
    TRAIN,
    /** Images kept back for measuring. */
    TEST
}
