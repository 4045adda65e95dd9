package dev.cm4j.train;

import dev.cm4j.loss.Objective;
import dev.cm4j.nn.PassMemory;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNetConfig;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Chooses how a batch is taken so that training stays within a memory limit.
 *
 * <p>Whole where that fits; else in equal micro-batches, the largest that fit; and where not even
 * single images do, with blocks recomputed in the backward pass, which costs a second forward pass.
 * None of this changes what a step does, beyond rounding.
 *
 * @param network shape of the network
 * @param precision its arithmetic
 * @param hasTarget whether θ⁻ has weights of its own
 * @param averages number of evaluation averages
 * @param batchSize images of a step, positive
 * @param teacher shape of the teacher, where there is one; its weights are there already
 * @param objectives of the run's phases, which know what comparing takes
 */
public record MemoryPlanner(
        UNetConfig network,
        Precision precision,
        boolean hasTarget,
        int averages,
        int batchSize,
        Optional<UNetConfig> teacher,
        List<Objective> objectives) {

    /** Tensors as large as the micro-batch: noise, noisy pairs, outputs, the loss, gradients. */
    private static final int PICTURES = 12;

    public MemoryPlanner {
        objectives = List.copyOf(objectives);
    }

    /** The planner of a recipe without a teacher, or whose teacher takes no passes in training. */
    public static MemoryPlanner of(Recipe recipe, Precision precision) {
        return of(recipe, precision, Optional.empty());
    }

    /**
     * The planner of a recipe.
     *
     * @param teacher shape of a teacher of the same precision that takes passes in training
     */
    public static MemoryPlanner of(
            Recipe recipe, Precision precision, Optional<UNetConfig> teacher) {
        return new MemoryPlanner(
                recipe.network(),
                precision,
                recipe.hasTarget(),
                recipe.averages().size(),
                recipe.batchSize(),
                teacher,
                recipe.phases().list().stream().map(Phase::objective).toList());
    }

    /**
     * What one way of taking the batch needs.
     *
     * @param microBatch images of a forward pass, at least 1
     * @param checkpointing whether blocks are recomputed in the backward pass
     */
    public MemoryPlan plan(int microBatch, boolean checkpointing) {
        int images = Math.min(microBatch, batchSize);
        PassMemory pass = PassMemory.training(network, precision, checkpointing, images);
        PassMemory goal = PassMemory.inference(network, precision, images);
        PassMemory own = PassMemory.inference(network, precision, checkpointing, images);
        Optional<PassMemory> lesson =
                teacher.map(shape -> PassMemory.inference(shape, precision, images));
        // On the plain path a teacher's pass ends before the student's begins.
        long passing =
                lesson.filter(known -> !known.exact())
                        .map(known -> known.bytes() - pass.bytes())
                        .orElse(0L);
        long theta = pass.parameters();
        long picture = Float.BYTES * (long) network.imageSize() * network.imageSize();
        // Without a target of its own, θ takes both passes, one after the other, in one workspace.
        long workspace = hasTarget ? pass.workspace() : Math.max(pass.workspace(), own.workspace());
        return new MemoryPlan(
                batchSize,
                images,
                checkpointing,
                pass.exact(),
                theta + pass.weights(),
                theta,
                2 * theta,
                averages * theta + (averages > 0 ? lasting(goal) : 0),
                hasTarget ? theta + lasting(goal) : 0,
                lesson.map(MemoryPlanner::lasting).orElse(0L) + Math.max(0, passing),
                objectives.stream()
                        .mapToLong(each -> each.distanceBytes(images, network.imageSize()))
                        .max()
                        .orElse(0),
                pass.activations(),
                workspace,
                picture
                        * (network.inChannels() * (long) batchSize
                                + PICTURES * (long) network.outChannels() * images));
    }

    /** What a pass leaves with its network; the plain path leaves nothing. */
    private static long lasting(PassMemory pass) {
        return pass.exact() ? pass.bytes() : 0;
    }

    /**
     * The best way to take the batch within a limit, or nothing where there is none.
     *
     * @param limit in bytes
     */
    public Optional<MemoryPlan> within(long limit) {
        return largest(limit, false).or(() -> largest(limit, true));
    }

    /**
     * A given micro-batch within a limit, with recomputation where it does not fit without.
     *
     * @param microBatch images of a forward pass, at least 1
     * @param limit in bytes
     */
    public Optional<MemoryPlan> within(int microBatch, long limit) {
        return Stream.of(false, true)
                .map(checkpointing -> plan(microBatch, checkpointing))
                .filter(plan -> plan.needed() <= limit)
                .findFirst();
    }

    /** The least that training this batch needs. */
    public MemoryPlan smallest() {
        return smallest(1);
    }

    /**
     * The least that training this batch needs in parts of one size.
     *
     * @param microBatch images of a forward pass, at least 1
     */
    public MemoryPlan smallest(int microBatch) {
        return Stream.of(plan(microBatch, false), plan(microBatch, true))
                .min(Comparator.comparingLong(MemoryPlan::needed))
                .orElseThrow();
    }

    private Optional<MemoryPlan> largest(long limit, boolean checkpointing) {
        return IntStream.rangeClosed(1, batchSize)
                .filter(parts -> batchSize % parts == 0)
                .mapToObj(parts -> plan(batchSize / parts, checkpointing))
                .filter(plan -> plan.needed() <= limit)
                .findFirst();
    }
}
