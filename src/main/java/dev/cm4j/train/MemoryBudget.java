package dev.cm4j.train;

import dev.cm4j.nn.UNetConfig;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How much memory a run may take, and how it takes its batches within that.
 *
 * @param images of a forward pass; empty: as many as the recipe says, fewer where that does not fit
 * @param fitted whether a forward pass takes the most images that fit, whatever the recipe says
 * @param limit in bytes; empty: the safe share of what is free when the run begins
 */
public record MemoryBudget(OptionalInt images, boolean fitted, OptionalLong limit) {

    /** Whole batches where they fit into the safe share of what is free, else parts. */
    public static final MemoryBudget STANDARD =
            new MemoryBudget(OptionalInt.empty(), false, OptionalLong.empty());

    /**
     * @throws IllegalArgumentException if a number of images is given and left open
     */
    public MemoryBudget {
        if (fitted && images.isPresent()) {
            throw new IllegalArgumentException(
                    "the images of a forward pass are either a number or the most that fit");
        }
    }

    /** The same with what is free now as the limit, where there is none and the system tells. */
    public MemoryBudget settled() {
        return limit.isPresent()
                ? this
                : new MemoryBudget(images, fitted, MachineMemory.here().safe());
    }

    /**
     * How a run takes its batches.
     *
     * @param teacher shape of the network it learns from, where there is one
     * @throws IllegalArgumentException saying what is needed, if it is more than the limit; if the
     *     micro-batch would be chosen where it decides what is learnt; or if the batch is no
     *     multiple of it
     */
    public MemoryPlan plan(Run run, Optional<UNetConfig> teacher) {
        Recipe recipe = run.recipe();
        MemoryPlanner planner = MemoryPlanner.of(recipe, run.precision(), teacher);
        long most = settled().limit.orElse(Long.MAX_VALUE);
        if (images.isPresent()) {
            int count = images.getAsInt();
            recipe.withMicroBatch(count); // says what is wrong with a number that does not divide
            return planner.within(count, most)
                    .orElseThrow(() ->
                            refusal(
                                    "forward passes of " + count + " images",
                                    planner.smallest(count),
                                    most));
        }
        MemoryPlan asked = planner.plan(recipe.microBatch(), false);
        if (!fitted && asked.needed() <= most) {
            return asked;
        }
        if (recipe.accumulation() == Accumulation.SUMMED) {
            throw new IllegalArgumentException(
                    "summed gradients depend on the micro-batch, so it is not chosen by memory; name"
                            + " it with --microbatch or optim.micro_batch");
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
    public Run unplanned(Run run) {
        if (limit.isPresent() || fitted) {
            throw new IllegalArgumentException(
                    "the memory of a CUDA device is not planned; leave out --memory, and give"
                            + " --microbatch a number");
        }
        return images.isPresent() ? run.withMicroBatch(images.getAsInt()) : run;
    }

    private static IllegalArgumentException refusal(String what, MemoryPlan least, long most) {
        return new IllegalArgumentException(
                "%s need %s, more than the limit of %s; try a smaller network or more memory"
                        .formatted(
                                what,
                                MachineMemory.words(least.needed()),
                                MachineMemory.words(most)));
    }
}
