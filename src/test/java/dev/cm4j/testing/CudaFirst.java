package dev.cm4j.testing;

import dev.cm4j.tensor.Device;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Asks for the CUDA device before any test computes: LibTorch looks for devices once in the life of
 * a process, and whoever computes on the processor first would hide them from the tests tagged
 * {@code cuda}. Runs where {@code -Pcuda} is given.
 */
public final class CudaFirst implements LauncherSessionListener {

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        if (!Boolean.getBoolean("cm4j.cuda")) {
            return;
        }
        try {
            new Device(0).ready();
        } catch (IllegalArgumentException e) {
            System.err.println("Tests tagged cuda will be skipped: " + e.getMessage());
        }
    }
}
