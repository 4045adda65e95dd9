package dev.cm4j.bench;

import dev.cm4j.data.Batches;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.Digits;
import dev.cm4j.data.Split;
import dev.cm4j.nn.Precision;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Scope;
import dev.cm4j.train.Budget;
import dev.cm4j.train.Progress;
import dev.cm4j.train.Recipe;
import dev.cm4j.train.TrainState;
import dev.cm4j.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The share of a training step that is not spent inside the native library.
 *
 * <p>A second thread looks at the training thread's stack at irregular moments of about a
 * millisecond. A look that finds a function of the binding on top counts as inside. Prints as well
 * how many handles and bytes were alive, and how much memory was resident, after the warm-up and at
 * the end.
 */
public final class OutsideNative {

    private static final String BINDING = "dev.cm4j.ffi.";
    private static final int WARM_UP = 200;

    private OutsideNative() {}

    /**
     * Trains and prints the share.
     *
     * @param args preset, steps
     */
    public static void main(String[] args) throws InterruptedException, IOException {
        Preset preset = Presets.named(args.length > 0 ? args[0] : "digits");
        int steps = args.length > 1 ? Integer.parseInt(args[1]) : 1000;
        Recipe recipe = preset.recipe(Budget.steps(steps));
        try (Dataset data = Digits.open(Split.TRAIN);
                TrainState state = TrainState.create(recipe, 0)) {
            state.precision(Precision.best());
            Batches batches = new Batches(data, recipe.batchSize(), 0, recipe.flips());
            train(state, batches, 0, WARM_UP, steps);
            long handles = NativeMemory.live(NativeMemory.Kind.TENSOR);
            long bytes = NativeMemory.now();
            long resident = resident();
            Looks looks = new Looks(Thread.currentThread());
            long start = System.nanoTime();
            looks.start();
            train(state, batches, WARM_UP, steps, steps);
            looks.interrupt();
            looks.join();
            double seconds = 1e-9 * (System.nanoTime() - start);
            System.out.printf(
                    "%d steps, %.1f ms a step; outside native code: %d of %d looks, %.2f %%%n",
                    steps - WARM_UP,
                    1e3 * seconds / (steps - WARM_UP),
                    looks.outside,
                    looks.count,
                    100.0 * looks.outside / looks.count);
            System.out.printf(
                    "tensor handles %d, then %d; native bytes %d, then %d; resident kB %d, then %d%n",
                    handles,
                    NativeMemory.live(NativeMemory.Kind.TENSOR),
                    bytes,
                    NativeMemory.now(),
                    resident,
                    resident());
        }
    }

    /** Kilobytes of this process in memory, after a collection. */
    private static long resident() throws IOException {
        System.gc();
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void train(TrainState state, Batches batches, int from, int to, int total) {
        TrainingStep training = new TrainingStep(0);
        for (int step = from; step < to; step++) {
            try (Scope _ = Scope.open()) {
                double fraction = (double) step / total;
                training.take(state, batches.at(step), new Progress(step, total, fraction));
            }
        }
    }

    /** Looks at a thread until interrupted. */
    private static final class Looks extends Thread {

        private final Thread watched;
        private long count;
        private long outside;

        Looks(Thread watched) {
            this.watched = watched;
        }

        @Override
        public void run() {
            for (long i = 0; !interrupted(); i++) {
                try {
                    sleep(0, 500_000 + (int) (i * 7919 % 499_979));
                } catch (InterruptedException e) {
                    return;
                }
                StackTraceElement[] stack = watched.getStackTrace();
                count++;
                if (stack.length == 0 || !insideNative(stack)) {
                    outside++;
                }
            }
        }

        /** The frames of the foreign-function machinery lie on top of the binding's own. */
        private static boolean insideNative(StackTraceElement[] stack) {
            for (StackTraceElement frame : stack) {
                String type = frame.getClassName();
                if (type.startsWith(BINDING)) {
                    return true;
                }
                if (!type.startsWith("java.lang.invoke.")
                        && !type.startsWith("jdk.internal.foreign.")) {
                    return false;
                }
            }
            return false;
        }
    }
}
