package dev.cm4j.cli;

import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Threads;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Where and how exactly a network computes, for every command that runs one. */
final class MachineOptions {

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Processor threads (default: all cores).")
    private Optional<Integer> threads;

    @Option(
            names = "--precision",
            paramLabel = "P",
            description = "f32, bf16 or f16 (default: what this machine is best at).")
    private Optional<Precision> precision;

    @Option(
            names = "--device",
            paramLabel = "DEV",
            defaultValue = "cpu",
            description = "cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
    private String device;

    /**
     * Sets the threads and finds the device.
     *
     * @param spec the command, for a complaint
     * @return the device, ready
     * @throws ParameterException if the machine has not what was asked for
     */
    Device prepare(CommandSpec spec) {
        threads.ifPresent(count -> Usage.run(spec, () -> Threads.set(count)));
        return Usage.check(spec, () -> Device.parse(device).ready());
    }

    /** The arithmetic asked for, else what the device is best at. */
    Precision precision(Device chosen) {
        return precision(chosen, Optional.empty());
    }

    /**
     * The arithmetic asked for, else what was used before, else what the device is best at.
     *
     * @param before of the run that goes on
     */
    Precision precision(Device chosen, Optional<Precision> before) {
        return precision.or(() -> before).orElseGet(() -> Precision.best(chosen));
    }
}
