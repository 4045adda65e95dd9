package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is killed and goes on ends with the bytes of one that nobody touched; the script
 * {@code tools/kill-test} does the same as often as one likes.
 */
class KillTest {

    private static final int KILLS = 2;
    private static final int STEPS = 60;
    private static final int LONGEST_WAIT = 700;

    @TempDir Path folder;

    @Test
    void killed_and_resumed_is_uninterrupted() throws Exception {
        Path whole = folder.resolve("whole");
        CommandRun run = CommandRun.of(words(whole));
        assertEquals(0, run.exit(), run.err());

        long seed = System.nanoTime();
        Random random = new Random(seed);
        Path killed = folder.resolve("killed");
        for (int kill = 1; kill <= KILLS; kill++) {
            CommandProcess victim = CommandProcess.start(words(killed));
            victim.await("run folder");
            Thread.sleep(random.nextInt(LONGEST_WAIT));
            victim.kill();
        }
        CommandProcess last = CommandProcess.start(words(killed));
        assertEquals(0, last.exit(), last::text);

        String newest = Files.readString(whole.resolve("latest")).strip();
        assertEquals(newest, Files.readString(killed.resolve("latest")).strip());
        List<Path> files;
        try (Stream<Path> listed = Files.list(whole.resolve(newest))) {
            files = listed.filter(f -> f.toString().endsWith(".safetensors")).toList();
        }
        assertTrue(files.size() >= 3, files.toString());
        for (Path file : files) {
            Path other = killed.resolve(newest).resolve(file.getFileName());
            assertEquals(-1, Files.mismatch(file, other), other + ", moments of seed " + seed);
        }
    }

    /** Begins a run, or goes on with it where it said what it is. */
    private static String[] words(Path run) {
        List<String> words = new ArrayList<>(List.of("train", "--out", run.toString()));
        if (Files.exists(run.resolve("config.yaml"))) {
            words.add("--resume");
        } else {
            words.addAll(List.of("--batch", "4", "--set", "network.res_blocks=1"));
            words.addAll(List.of("--set", "network.channel_mult=[1]"));
            words.addAll(List.of("--set", "network.attention_resolutions=[]"));
        }
        words.addAll(List.of("--steps", "" + STEPS, "--seed", "5", "--threads", "1"));
        words.addAll(List.of("--precision", "f32", "--checkpoint-every", "3steps"));
        words.addAll(List.of("--preview-every", "0"));
        return words.toArray(String[]::new);
    }
}
