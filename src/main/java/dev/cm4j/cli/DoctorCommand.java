package dev.cm4j.cli;

import dev.cm4j.Cm4j;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.Library;
import dev.cm4j.tensor.Threads;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says what cm4j found on this machine, and what to do where something is missing. */
@Command(
        name = "doctor",
        description = "Check this machine: Java, the native library, LibTorch, processor, data.",
        footer = {"", "Exits with 1 where something is wrong, after saying what helps."})
final class DoctorCommand implements Callable<Integer> {

    private static final int OLDEST_JAVA = 22;
    private static final Set<String> SAID_BELOW = Set.of("cuda", "torch");

    @Spec private CommandSpec spec;

    @Mixin private PlanOptions plan;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (plan.isAsked()) {
            return Usage.check(spec, () -> plan.print(out));
        }
        plan.requireUnused(spec);
        row(out, "cm4j", Cm4j.VERSION);
        row(out, "java", "%s, %s".formatted(Runtime.version(), System.getProperty("java.vendor")));
        row(
                out,
                "system",
                String.format(
                        Locale.ROOT,
                        "%s %s, %d processors, %,d MiB for Java",
                        System.getProperty("os.name"),
                        System.getProperty("os.arch"),
                        Runtime.getRuntime().availableProcessors(),
                        Runtime.getRuntime().maxMemory() >> 20));
        List<String> remedies = new ArrayList<>();
        library(out).ifPresent(remedies::add);
        Places places = Places.ofEnvironment();
        row(out, "cache", places.cacheWords());
        row(out, "data", places.dataWords());
        remedies.addAll(places.complaints());
        if (!remedies.isEmpty()) {
            out.flush();
            remedies.forEach(each -> spec.commandLine().getErr().println("cm4j: " + each));
            return Main.FAILED;
        }
        out.println();
        out.printf(
                "All is well. Training would use %s with %d %s%s.%n",
                Precision.best().name().toLowerCase(Locale.ROOT),
                Threads.get(),
                Threads.get() == 1 ? "thread" : "threads",
                Library.cudaDevices() > 0 ? "; a GPU is there too" : " on the processor");
        return Main.DONE;
    }

    /** Describes the native side; the remedy where it does not work. */
    private Optional<String> library(PrintWriter out) {
        if (Runtime.version().feature() < OLDEST_JAVA) {
            return Optional.of("Java " + OLDEST_JAVA + " or newer is needed");
        }
        try {
            row(out, "library", Library.path() + ", version " + Library.version());
            row(
                    out,
                    "LibTorch",
                    Library.torchVersion()
                            + Library.libtorch()
                                    .map(path -> ", " + path)
                                    .orElse(", found by the library itself"));
            Map<String, String> facts = Library.info();
            facts.forEach((name, value) -> {
                if (!SAID_BELOW.contains(name)) {
                    row(out, name, value);
                }
            });
            row(out, "gpu", gpu());
        } catch (RuntimeException | LinkageError e) {
            row(out, "library", "not usable");
            Library.attempts().forEach(attempt -> row(out, "  tried", attempt));
            return Optional.of(Sentence.of(e));
        }
        return versionsDiffer()
                ? Optional.of(
                        "the library is version %s and the Java side %s; build both with mvn verify"
                                .formatted(Library.version(), Cm4j.VERSION))
                : network(out);
    }

    /** Computes something; the remedy where that does not work. */
    private static Optional<String> network(PrintWriter out) {
        try {
            row(out, "network", FirstPass.run());
            return Optional.empty();
        } catch (RuntimeException e) {
            row(out, "network", "not usable");
            return Optional.of(Sentence.of(e));
        }
    }

    private static boolean versionsDiffer() {
        return !Library.version().equals(Cm4j.VERSION);
    }

    private static String gpu() {
        int devices = Library.cudaDevices();
        return devices == 0 ? "none in use" : devices + " usable through CUDA";
    }

    private static void row(PrintWriter out, String name, String value) {
        out.printf("%-12s %s%n", name, value);
    }
}
