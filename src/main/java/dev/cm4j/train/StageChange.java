package dev.cm4j.train;

/** What happens where a chain of teachers passes from one stage to the next. */
public enum StageChange {
    /**
     * Before the first batch of a stage the student becomes the teacher, and optimiser, averages
     * and learning rate begin anew: the method of the paper.
     */
    AT_ONCE,
    /**
     * As the original consistency code: the first batch of a stage still has the old optimiser and
     * learning rate, and later stages go on to learn from the network that the student began with,
     * because the student is copied into a teacher that nobody asks.
     */
    AS_PUBLISHED
}
