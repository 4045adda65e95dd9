package dev.cm4j.tensor;

import dev.cm4j.foreign.TorchException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the elements of a tensor are.
 *
 * @param index -1 the CPU, 0 and above a CUDA device
 */
public record Device(int index) {
    /** Main memory. */
    public static final Device CPU = new Device(-1);

    private static final Pattern NAME = Pattern.compile("cpu|cuda(?::(\\d{1,4}))?");
    private static final String PLUGIN = "libcm4j_cuda.so";

    /**
     * @throws IllegalArgumentException if index is below -1
     */
    public Device {
        if (index < -1) {
            throw new IllegalArgumentException(
                    "device " + index + ": -1 is the CPU, 0 the first CUDA device");
        }
    }

    /**
     * The device of a name: {@code cpu}, {@code cuda} (the first) or {@code cuda:N}.
     *
     * @throws IllegalArgumentException if this is no such name
     */
    public static Device parse(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "a device is cpu, cuda or cuda:N, but not '" + name + "'");
        }
        if (name.equals("cpu")) {
            return CPU;
        }
        String number = matcher.group(1);
        return new Device(number == null ? 0 : Integer.parseInt(number));
    }

    /** Whether this is a CUDA device. */
    public boolean isCuda() {
        return index >= 0;
    }

    /**
     * Makes sure that tensors can be here; loads the CUDA plug-in where that has not happened yet.
     *
     * @return this
     * @throws IllegalArgumentException saying what is missing
     */
    public Device ready() {
        if (!isCuda()) {
            return this;
        }
        if (Library.cudaDevices() == 0) {
            Path plugin = Library.path().resolveSibling(PLUGIN);
            if (!Files.isRegularFile(plugin)) {
                throw new IllegalArgumentException(
                        "%s was asked for, but there is no %s beside %s; build it with tools/native-build --cuda"
                                .formatted(this, PLUGIN, Library.path()));
            }
            try {
                Library.loadCuda(plugin);
            } catch (TorchException e) {
                throw new IllegalArgumentException(
                        this + " was asked for, but " + e.getMessage(), e);
            }
        }
        if (index >= Library.cudaDevices()) {
            throw new IllegalArgumentException(
                    "%s was asked for, but there are %d CUDA devices, numbered from 0"
                            .formatted(this, Library.cudaDevices()));
        }
        return this;
    }

    @Override
    public String toString() {
        return index < 0 ? "cpu" : "cuda:" + index;
    }
}
