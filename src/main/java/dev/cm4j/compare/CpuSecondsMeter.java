package dev.cm4j.compare;

import java.time.Duration;

/** Processor time of all threads of this process, in seconds, to a hundredth. */
final class CpuSecondsMeter implements EnergyMeter {

    private final double start = now();

    private static double now() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toNanos()
                / 1e9;
    }

    @Override
    public double total() {
        return now() - start;
    }

    @Override
    public Unit unit() {
        return Unit.CPU_SECONDS;
    }

    @Override
    public String source() {
        return "processor time of the process";
    }

    @Override
    public void close() {}
}
