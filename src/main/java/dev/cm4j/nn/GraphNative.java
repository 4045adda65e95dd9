package dev.cm4j.nn;

import dev.cm4j.ffi.Cm4j_h;
import dev.cm4j.foreign.Scratch;
import dev.cm4j.foreign.Status;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/** Downcalls for training steps and sampling runs as graphs. */
final class GraphNative {
    static final int L2 = Cm4j_h.CM_DISTANCE_L2();
    static final int PSEUDO_HUBER = Cm4j_h.CM_DISTANCE_PSEUDO_HUBER();
    static final int PAIR_ROWS = Cm4j_h.CM_PAIR_COEFFICIENTS();
    static final int SAMPLE_ROWS = Cm4j_h.CM_SAMPLE_COEFFICIENTS();

    private GraphNative() {}

    static MemorySegment training(
            UNet online,
            Optional<UNet> target,
            MemorySegment optimizer,
            List<Tensor> averages,
            long[] shape,
            int distance,
            double constant,
            boolean nanIsZero,
            Arena arena) {
        Scratch scratch = Scratch.ofThread();
        Status.check(
                Cm4j_h.cm_graph_train(
                        online.handle(),
                        target.map(UNet::handle).orElse(MemorySegment.NULL),
                        optimizer,
                        scratch.handles(averages.stream().map(Tensor::handle).toList()),
                        averages.size(),
                        scratch.longs(shape),
                        shape.length,
                        distance,
                        constant,
                        nanIsZero ? 1 : 0,
                        scratch.out()),
                "a training step as a graph");
        return scratch.outHandle().reinterpret(arena, Cm4j_h::cm_graph_free);
    }

    /** The N losses, then the norm of the gradients. */
    static double[] train(
            MemorySegment graph,
            Tensor x0,
            Tensor z,
            Optional<Tensor> labels,
            double[] coefficients,
            double learningRate,
            double clipNorm,
            long dropoutSeed,
            double[] rates) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(ValueLayout.JAVA_DOUBLE, x0.size(0) + 1);
            int status =
                    Cm4j_h.cm_graph_train_run(
                            graph,
                            x0.handle(),
                            z.handle(),
                            labels.map(Tensor::handle).orElse(MemorySegment.NULL),
                            arena.allocateFrom(ValueLayout.JAVA_DOUBLE, coefficients),
                            learningRate,
                            clipNorm,
                            dropoutSeed,
                            arena.allocateFrom(ValueLayout.JAVA_DOUBLE, rates),
                            found);
            Status.check(status, "a training step of x0 " + x0 + ", z " + z);
            return found.toArray(ValueLayout.JAVA_DOUBLE);
        }
    }

    static MemorySegment sampling(UNet net, int steps, long[] shape, boolean clip, Arena arena) {
        Scratch scratch = Scratch.ofThread();
        Status.check(
                Cm4j_h.cm_graph_sample(
                        net.handle(),
                        steps,
                        scratch.longs(shape),
                        shape.length,
                        clip ? 1 : 0,
                        scratch.out()),
                "a sampling run as a graph");
        return scratch.outHandle().reinterpret(arena, Cm4j_h::cm_graph_free);
    }

    static Tensor sample(
            MemorySegment graph,
            Tensor noise,
            Optional<Tensor> labels,
            double start,
            double[] coefficients) {
        Scratch scratch = Scratch.ofThread();
        try (Arena arena = Arena.ofConfined()) {
            int status =
                    Cm4j_h.cm_graph_sample_run(
                            graph,
                            noise.handle(),
                            labels.map(Tensor::handle).orElse(MemorySegment.NULL),
                            start,
                            arena.allocateFrom(ValueLayout.JAVA_DOUBLE, coefficients),
                            scratch.out());
            Status.check(status, "a sampling run from noise " + noise);
        }
        return Scope.current().adopt(scratch.outHandle());
    }

    static long captures(MemorySegment graph) {
        return Cm4j_h.cm_graph_captures(graph);
    }
}
