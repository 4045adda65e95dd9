package dev.cm4j.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Energy of a graphics processor: its power, told by {@code nvidia-smi} five times a second, over
 * time. The rest of the machine is not counted.
 *
 * <pre>
 *   E = Σ P_i (t_i − t_{i−1})
 * </pre>
 *
 * <p>Where the command ends, or no longer tells its power, what was used since is not known, and so
 * is the total from then on.
 */
final class GpuMeter implements EnergyMeter {

    /** An index, or a UUID of a device or of a part of one. */
    private static final String DEVICE = "\\d+|(GPU|MIG)-[0-9A-Za-z/-]+";

    private static final int FIRST_READING_SECONDS = 10;

    private final Process process;
    private final CountDownLatch first = new CountDownLatch(1);
    private double watts;
    private double joules;
    private long at;
    private boolean told;
    private boolean lost;

    private GpuMeter(Process process) {
        this.process = process;
    }

    /**
     * The command that tells the power of a device in watts, a line each.
     *
     * @param index as CUDA counts
     * @param visible {@code CUDA_VISIBLE_DEVICES}, which CUDA counts by and the command does not
     *     know
     * @return empty where it cannot be told which device that is, so that no other's is taken
     */
    static Optional<List<String>> nvidiaSmi(int index, Optional<String> visible) {
        Optional<String> id =
                visible.isEmpty()
                        ? Optional.of(Integer.toString(index))
                        : Stream.of(visible.get().split(","))
                                .map(String::strip)
                                .takeWhile(each -> each.matches(DEVICE)) // as CUDA reads it
                                .skip(index)
                                .findFirst();
        return id.map(known ->
                List.of(
                        "nvidia-smi",
                        "--id=" + known,
                        "--query-gpu=power.draw",
                        "--format=csv,noheader,nounits",
                        "--loop-ms=200"));
    }

    /**
     * Listens to a command that tells watts.
     *
     * @param command its words
     * @return empty where there is no such command, or it tells no numbers
     */
    static Optional<EnergyMeter> open(List<String> command) {
        Process process;
        try {
            process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
        } catch (IOException e) {
            return Optional.empty();
        }
        var meter = new GpuMeter(process);
        Thread.ofPlatform().daemon().name("cm4j-energy").start(meter::listen);
        if (meter.heard()) {
            return Optional.of(meter);
        }
        meter.close();
        return Optional.empty();
    }

    private boolean heard() {
        try {
            return first.await(FIRST_READING_SECONDS, TimeUnit.SECONDS) && told();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private synchronized boolean told() {
        return told;
    }

    private void listen() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                hear(Double.parseDouble(line.strip()));
            }
        } catch (IOException | NumberFormatException e) {
            process.destroy(); // closed, or a device that does not tell its power
        } finally {
            lose();
            first.countDown();
        }
    }

    private synchronized void lose() {
        lost = true;
    }

    private synchronized void hear(double power) {
        count();
        watts = power;
        told = true;
        first.countDown();
    }

    private void count() {
        long now = System.nanoTime();
        joules += told ? watts * (now - at) / 1e9 : 0;
        at = now;
    }

    @Override
    public synchronized double total() {
        count();
        return lost ? Double.NaN : joules;
    }

    @Override
    public Unit unit() {
        return Unit.JOULES;
    }

    @Override
    public String source() {
        return "power of the graphics processor by nvidia-smi, without the rest of the machine";
    }

    @Override
    public void close() {
        process.destroy();
    }
}
