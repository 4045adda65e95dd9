package dev.cm4j.compare;

import dev.cm4j.tensor.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Counts what work costs, from its opening on: joules where the machine tells them, else the
 * processor time of this process, which is no energy and is never called so.
 */
public interface EnergyMeter extends AutoCloseable {

    /** What is counted, and how it is written. */
    enum Unit {
        /** Energy. */
        JOULES("J", "energy, joules"),
        /** Processor time, the stand-in where no energy can be read. */
        CPU_SECONDS("CPU-s", "processor time, CPU-seconds (no energy counter)");

        private final String symbol;
        private final String words;

        Unit(String symbol, String words) {
            this.symbol = symbol;
            this.words = words;
        }

        /** Behind a number. */
        public String symbol() {
            return symbol;
        }

        /** On an axis. */
        public String words() {
            return words;
        }
    }

    /**
     * What was counted since the meter was opened.
     *
     * @return grows, in {@link #unit}; NaN from when on it is not known
     */
    double total();

    /** What is counted. */
    Unit unit();

    /**
     * Where the numbers come from, for the protocol.
     *
     * @return such as {@code RAPL, package-0 and package-1}
     */
    String source();

    /** Stops counting. */
    @Override
    void close();

    /**
     * The best meter of this machine: the graphics processor's power for work on one, else RAPL,
     * else processor time.
     *
     * @param device where networks compute
     * @return open, the caller's to close
     */
    static EnergyMeter of(Device device) {
        if (device.isCuda()) {
            Optional<String> visible = Optional.ofNullable(System.getenv("CUDA_VISIBLE_DEVICES"));
            Optional<EnergyMeter> gpu =
                    GpuMeter.nvidiaSmi(device.index(), visible).flatMap(GpuMeter::open);
            if (gpu.isPresent()) {
                return gpu.get();
            }
        }
        return ofProcessor(RaplMeter.FOLDER);
    }

    /**
     * The best meter of a processor.
     *
     * @param powercap folder of the kernel's power zones
     * @return open, the caller's to close
     */
    static EnergyMeter ofProcessor(Path powercap) {
        List<RaplMeter.Zone> zones = RaplMeter.zones(powercap);
        return zones.isEmpty() ? new CpuSecondsMeter() : new RaplMeter(zones);
    }
}
