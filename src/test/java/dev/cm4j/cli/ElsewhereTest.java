package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands in a folder that is not the repository. */
class ElsewhereTest {

    @TempDir Path folder;

    private String run(int exit, String... words) throws Exception {
        CommandProcess process = CommandProcess.startIn(folder, words);
        assertEquals(exit, process.exit(), process::text);
        return process.text();
    }

    @Test
    void presets_are_known() throws Exception {
        String plan = run(0, "doctor", "--plan", "--preset", "mnist-edm"); // has a base
        assertTrue(plan.contains("training mnist-edm"), plan);
        String unknown = run(2, "train", "--preset", "photograph-of-a-cat");
        assertTrue(unknown.contains("there is no preset 'photograph-of-a-cat'; known"), unknown);
        assertTrue(unknown.contains("digits, digits-cd"), unknown);
    }

    @Test
    void a_model_is_looked_for_here() throws Exception {
        String sample = run(2, "sample");
        assertTrue(sample.contains("neither models/digits.safetensors nor"), sample);
        assertTrue(sample.contains("looked for in " + folder.toRealPath()), sample);
    }
}
