package dev.cm4j.optim;

import dev.cm4j.ffi.Cm4j_h;
import dev.cm4j.foreign.Scratch;
import dev.cm4j.foreign.Status;
import dev.cm4j.optim.Optimizer.Average;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Downcalls for optimisers and averages. */
final class OptimNative {
    static final int EXP_AVG = Cm4j_h.CM_EXP_AVG();
    static final int EXP_AVG_SQ = Cm4j_h.CM_EXP_AVG_SQ();

    private OptimNative() {}

    static MemorySegment create(OptimizerConfig config, long elements, Arena arena) {
        int kind =
                switch (config.kind()) {
                    case RADAM -> Cm4j_h.CM_RADAM();
                    case ADAM -> Cm4j_h.CM_ADAM();
                    case ADAMW -> Cm4j_h.CM_ADAMW();
                };
        Scratch scratch = Scratch.ofThread();
        int status =
                Cm4j_h.cm_optim_create(
                        kind,
                        config.beta1(),
                        config.beta2(),
                        config.eps(),
                        config.weightDecay(),
                        elements,
                        scratch.out());
        Status.check(status, "a new optimiser of " + elements + " elements");
        return scratch.outHandle().reinterpret(arena, Cm4j_h::cm_optim_free);
    }

    static void step(
            MemorySegment optim,
            Tensor weights,
            Tensor gradients,
            double rate,
            double scale,
            List<Average> averages) {
        Scratch scratch = Scratch.ofThread();
        MemorySegment handles =
                scratch.handles(averages.stream().map(a -> a.weights().handle()).toList());
        MemorySegment rates =
                scratch.doubles(averages.stream().mapToDouble(Average::rate).toArray());
        int status =
                Cm4j_h.cm_optim_step(
                        optim,
                        weights.handle(),
                        gradients.handle(),
                        rate,
                        scale,
                        handles,
                        rates,
                        averages.size());
        if (status != 0) {
            Status.check(
                    status, "optimiser step of weights " + weights + ", gradients " + gradients);
        }
    }

    static Tensor moment(MemorySegment optim, int which) {
        Scratch scratch = Scratch.ofThread();
        Status.check(
                Cm4j_h.cm_optim_moment(optim, which, scratch.out()), "a moment of an optimiser");
        return Scope.current().adopt(scratch.outHandle());
    }

    static long steps(MemorySegment optim) {
        return Cm4j_h.cm_optim_step_count(optim);
    }

    static void steps(MemorySegment optim, long count) {
        Status.check(
                Cm4j_h.cm_optim_step_count_set(optim, count), "setting the step count to " + count);
    }

    static void average(Tensor average, Tensor weights, double rate) {
        int status = Cm4j_h.cm_average(average.handle(), weights.handle(), rate);
        if (status != 0) {
            Status.check(
                    status, "average " + average + " of weights " + weights + " at rate " + rate);
        }
    }
}
