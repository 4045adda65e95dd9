package dev.cm4j.cli;

import dev.cm4j.train.CheckpointPolicy;
import picocli.CommandLine.Option;

/** When a run saves itself, and which of its checkpoints stay. */
final class KeepOptions {

    @Option(
            names = "--checkpoint-every",
            paramLabel = "M",
            converter = Pace.Converter.class,
            defaultValue = "2",
            description =
                    "Minutes between checkpoints, or steps as 500steps (default: ${DEFAULT-VALUE}).")
    private Pace every;

    @Option(
            names = "--keep-last",
            paramLabel = "N",
            defaultValue = "2",
            description = "Newest checkpoints that stay (default: ${DEFAULT-VALUE}).")
    private int last;

    /**
     * The policy asked for.
     *
     * @throws IllegalArgumentException if nothing would stay
     */
    CheckpointPolicy policy() {
        if (last < 1) {
            throw new IllegalArgumentException("--keep-last must be at least 1, not " + last);
        }
        return new CheckpointPolicy(every.steps(), every.seconds(), last, 0);
    }
}
