package dev.cm4j.bench;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one call through the Foreign Function and Memory API costs: a getter of one number, and the
 * smallest tensor operation with the handle and the scope it needs.
 */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TensorCallBenchmark {

    private Scope scope;
    private Tensor one;

    /** Makes the operand. */
    @Setup(Level.Trial)
    public void open() {
        scope = Scope.open();
        one = Tensor.ones(DType.F32, 1);
    }

    /** Frees it. */
    @TearDown(Level.Trial)
    public void close() {
        scope.close();
    }

    /** A downcall that returns a number. */
    @Benchmark
    public long getter() {
        return NativeMemory.now();
    }

    /** Opening and closing a scope. */
    @Benchmark
    public boolean emptyScope() {
        try (Scope inner = Scope.open()) {
            return inner.isOpen();
        }
    }

    /** Adding two tensors of one element, with the scope that frees the result. */
    @Benchmark
    public boolean addOneElement() {
        try (Scope inner = Scope.open()) {
            return one.plus(one) != null && inner.isOpen();
        }
    }
}
