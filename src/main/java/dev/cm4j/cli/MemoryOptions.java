package dev.cm4j.cli;

import dev.cm4j.train.MemoryBudget;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import picocli.CommandLine.Option;

/** How much memory a run may take, and how it takes its batches within that. */
final class MemoryOptions {

    @Option(
            names = "--microbatch",
            paramLabel = "N",
            converter = MicroBatch.Converter.class,
            description =
                    "Images of a forward pass, or auto: the most that fit (default: the whole batch,"
                            + " auto where it does not fit).")
    private Optional<MicroBatch> microBatch;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "Memory to stay within, such as 6G (default: 80%% of what is free).")
    private Optional<ByteSize> memory;

    /** What was asked for. */
    MemoryBudget budget() {
        return new MemoryBudget(
                microBatch.map(MicroBatch::images).orElseGet(OptionalInt::empty),
                microBatch.filter(typed -> typed.images().isEmpty()).isPresent(),
                memory.map(size -> OptionalLong.of(size.bytes())).orElseGet(OptionalLong::empty));
    }
}
