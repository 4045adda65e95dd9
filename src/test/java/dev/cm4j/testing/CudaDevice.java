package dev.cm4j.testing;

import dev.cm4j.tensor.Device;
import org.junit.jupiter.api.Assumptions;

/** The CUDA device that tests tagged {@code cuda} run on. */
public final class CudaDevice {
    private CudaDevice() {}

    /** The first one; skips the test with the reason where there is none. */
    public static Device required() {
        Device first = new Device(0);
        try {
            return first.ready();
        } catch (IllegalArgumentException e) {
            Assumptions.abort(e.getMessage());
            throw e;
        }
    }
}
