package dev.cm4j.cli;

import dev.cm4j.train.MachineMemory;
import dev.cm4j.train.MemoryPlan;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;

/**
 * Two ways of taking a batch side by side, item by item.
 *
 * @param whole the batch in one
 * @param chosen the way that fits, which may be the same
 */
record PlanTable(MemoryPlan whole, MemoryPlan chosen) {

    private static final Map<String, String> MEANING =
            Map.of(
                    "weights", "the network, and its copies as the kernels read them",
                    "gradients", "one for each weight",
                    "moments", "of the optimiser, two for each weight",
                    "averages", "evaluation averages, one of them ready for previews",
                    "target", "a network of its own, where the method keeps one",
                    "teacher", "what its passes take beside its weights",
                    "distance", "what comparing outputs takes beside pictures",
                    "activations", "what the backward pass reads",
                    "workspace", "what a pass needs beside them",
                    "batch", "images, noise and the loss");

    void print(PrintWriter out) {
        boolean same = whole.equals(chosen);
        out.printf("%-12s %12s%s%n", "", "whole batch", same ? "" : column(title()));
        whole.items()
                .forEach((item, bytes) ->
                        out.printf(
                                "%-12s %12s%s   %s%n",
                                item,
                                MachineMemory.words(bytes),
                                same ? "" : column(MachineMemory.words(chosen.items().get(item))),
                                MEANING.get(item)));
        out.printf(
                "%-12s %12s%s   %s%n",
                "total",
                MachineMemory.words(whole.total()),
                same ? "" : column(MachineMemory.words(chosen.total())),
                whole.exact()
                        ? "exact on the fast path, but for some scratch of each thread"
                        : "modelled; a tenth of activations and workspace is left free");
    }

    /** One line without a second column. */
    static void row(PrintWriter out, String item, long bytes) {
        out.printf("%-12s %12s%n", item, MachineMemory.words(bytes));
    }

    private String title() {
        String parts = chosen.parts() + " x " + chosen.microBatch();
        return chosen.checkpointing() ? parts + " again" : parts;
    }

    private static String column(String text) {
        return " %12s".formatted(text);
    }

    /** What follows from the numbers, in a sentence or two. */
    static String verdict(MemoryPlan whole, Optional<MemoryPlan> chosen) {
        if (chosen.isEmpty()) {
            return "Nothing fits, not even single images: take a smaller network or more memory.";
        }
        MemoryPlan taken = chosen.get();
        if (taken.equals(whole)) {
            return "The whole batch fits: every step is one forward and one backward pass.";
        }
        String parts =
                taken.parts() == 1
                        ? "The whole batch fits only"
                        : "The whole batch does not fit; %d parts of %d images do, with the same result,"
                                .formatted(taken.parts(), taken.microBatch());
        return taken.checkpointing()
                ? parts + " where the backward pass computes blocks again: a third more work."
                : (parts + ".").replace(",.", ".");
    }
}
