package dev.cm4j.cli;

import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.train.Accumulation;
import dev.cm4j.train.MachineMemory;
import dev.cm4j.train.MemoryPlan;
import dev.cm4j.train.MemoryPlanner;
import dev.cm4j.train.Recipe;
import dev.cm4j.train.Run;
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

    private final OptionalLong free = MachineMemory.here().safe();

    /** A limit on native memory that ends with the run. */
    interface Limited extends AutoCloseable {
        @Override
        void close();
    }

    /** The limit in bytes, empty where none was given and the system does not tell. */
    OptionalLong limit() {
        return memory.isPresent() ? OptionalLong.of(memory.get().bytes()) : free;
    }

    /**
     * How a run takes its batches.
     *
     * @param teacher shape of the network it learns from, where there is one
     * @throws IllegalArgumentException saying what is needed, if it is more than the limit
     */
    MemoryPlan plan(Run run, Optional<UNetConfig> teacher) {
        Recipe recipe = run.recipe();
        MemoryPlanner planner = MemoryPlanner.of(recipe, run.precision(), teacher);
        long most = limit().orElse(Long.MAX_VALUE);
        if (microBatch.isPresent() && microBatch.get().images().isPresent()) {
            int images = microBatch.get().images().getAsInt();
            recipe.withMicroBatch(images); // says what is wrong with a number that does not divide
            return planner.within(images, most)
                    .orElseThrow(() ->
                            refusal(
                                    "forward passes of " + images + " images",
                                    planner.smallest(images),
                                    most));
        }
        MemoryPlan asked = planner.plan(recipe.microBatch(), false);
        if (microBatch.isEmpty() && asked.needed() <= most) {
            return asked;
        }
        if (recipe.accumulation() == Accumulation.SUMMED) {
            throw new IllegalArgumentException(
                    "summed gradients depend on the micro-batch, so it is not chosen by memory; name"
                            + " it with --microbatch");
        }
        return planner.within(most)
                .orElseThrow(
                        () -> refusal("even single images at a time", planner.smallest(), most));
    }

    /**
     * A run on a device whose memory is not planned; a number of images is all it can be told.
     *
     * @throws IllegalArgumentException if more was asked for, or the number does not divide
     */
    Run unplanned(Run run) {
        Optional<OptionalInt> images = microBatch.map(MicroBatch::images);
        if (memory.isPresent() || images.equals(Optional.of(OptionalInt.empty()))) {
            throw new IllegalArgumentException(
                    "the memory of a CUDA device is not planned; leave out --memory, and give"
                            + " --microbatch a number");
        }
        return images.map(number -> run.withMicroBatch(number.getAsInt())).orElse(run);
    }

    /** Lets what would pass the limit fail with a clear message, until closed. */
    Limited limited() {
        long before = NativeMemory.limit();
        limit().ifPresent(bytes -> NativeMemory.limit(NativeMemory.now() + bytes));
        return () -> NativeMemory.limit(before);
    }

    private static IllegalArgumentException refusal(String what, MemoryPlan least, long most) {
        return new IllegalArgumentException(
                "%s need %s, more than the limit of %s; try a smaller network, or raise --memory"
                        .formatted(what, ByteSize.words(least.needed()), ByteSize.words(most)));
    }
}
