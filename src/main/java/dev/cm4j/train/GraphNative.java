package dev.cm4j.train;

import dev.cm4j.ffi.Cm4j_h;
import dev.cm4j.foreign.Scratch;
import dev.cm4j.foreign.Status;
import dev.cm4j.nn.UNet;
import dev.cm4j.optim.Optimizer;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/** Downcalls for training steps as graphs. */
final class GraphNative {
    static final int L2 = Cm4j_h.CM_DISTANCE_L2();
    static final int PSEUDO_HUBER = Cm4j_h.CM_DISTANCE_PSEUDO_HUBER();
    static final int ROWS = Cm4j_h.CM_PAIR_COEFFICIENTS();

    private GraphNative() {}

    static MemorySegment create(
            UNet online,
            Optional<UNet> target,
            Optimizer optimizer,
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
                        optimizer.handle(),
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
    static double[] run(
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

    static long captures(MemorySegment graph) {
        return Cm4j_h.cm_graph_captures(graph);
    }
}
