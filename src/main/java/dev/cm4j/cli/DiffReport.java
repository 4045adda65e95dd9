package dev.cm4j.cli;

import dev.cm4j.convert.CheckpointDiff;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Prints how two checkpoints differ, a line for each tensor. */
final class DiffReport {

    private DiffReport() {}

    static void print(PrintWriter out, CheckpointDiff diff) {
        lines(out, "missing", diff.missing());
        lines(out, "extra", diff.extra());
        lines(out, "misshapen", diff.misshapen());
        for (CheckpointDiff.Difference d : diff.different()) {
            out.printf(
                    Locale.ROOT,
                    "different    %s, %,d elements, by at most %.3g%n",
                    d.name(),
                    d.elements(),
                    d.largest());
        }
        out.println(summary(diff));
    }

    /** All counts in a line. */
    static String summary(CheckpointDiff diff) {
        String types = diff.otherTypes() == 0 ? "" : " (" + diff.otherTypes() + " of another type)";
        return String.format(
                Locale.ROOT,
                "%,d equal%s, %,d different, %,d misshapen, %,d missing, %,d extra",
                diff.equal(),
                types,
                diff.different().size(),
                diff.misshapen().size(),
                diff.missing().size(),
                diff.extra().size());
    }

    private static void lines(PrintWriter out, String what, List<String> names) {
        names.forEach(name -> out.printf("%-12s %s%n", what, name));
    }
}
