package dev.cm4j.cli;

import dev.cm4j.train.ShellWords;
import java.util.ArrayList;
import java.util.List;

/** What to do next, as a line that can be pasted. */
final class NextStep {

    /** Set by {@code tools/cm4j} to its own name as it was typed. */
    private static final String PROGRAM = "cm4j.program";

    private NextStep() {}

    /**
     * @param words of the command, without the program's name
     * @return such as {@code next: cm4j sample 'my run/model.safetensors'}
     */
    static String of(String... words) {
        List<String> all = new ArrayList<>(List.of(System.getProperty(PROGRAM, "cm4j")));
        all.addAll(List.of(words));
        return "next: " + ShellWords.line(all);
    }
}
