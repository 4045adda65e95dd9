package dev.cm4j.sample;

import dev.cm4j.ffi.Cm4j_h;
import dev.cm4j.foreign.Scratch;
import dev.cm4j.foreign.Status;
import dev.cm4j.nn.UNet;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** Downcalls for sampling runs as graphs. */
final class GraphNative {
    static final int ROWS = Cm4j_h.CM_SAMPLE_COEFFICIENTS();

    private GraphNative() {}

    static MemorySegment create(UNet net, int steps, long[] shape, boolean clip, Arena arena) {
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

    static Tensor run(
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
