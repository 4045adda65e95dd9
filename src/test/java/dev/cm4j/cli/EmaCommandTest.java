package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ema --help} says of train works. */
class EmaCommandTest {

    private static final Pattern SET = Pattern.compile("--set\\s+('[^']*'|\\S+)");

    @TempDir Path folder;

    private static List<String> recipe() {
        List<String> words = new ArrayList<>();
        SET.matcher(CommandRun.of("ema", "--help").out())
                .results()
                .forEach(set -> words.addAll(List.of("--set", set.group(1).replace("'", ""))));
        assertEquals(6, words.size());
        return words;
    }

    private CommandRun train(String preset, List<String> recipe) {
        List<String> words = new ArrayList<>(List.of("train", "--preset", preset));
        words.addAll(List.of("--data", "digits", "--out", folder.resolve("run").toString()));
        words.addAll(List.of("--batch", "2", "--steps", "4", "--precision", "f32"));
        words.addAll(List.of("--set", "network.res_blocks=1", "--set", "network.channel_mult=[1]"));
        words.addAll(List.of("--set", "network.attention_resolutions=[]"));
        words.addAll(recipe);
        words.addAll(List.of("--set", "optim.snapshots.every=1"));
        return CommandRun.of(words.toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"digits", "mnist"})
    void the_recipe_of_the_help_leaves_snapshots(String preset) {
        CommandRun run = train(preset, recipe());
        assertEquals(0, run.exit(), run.err());
        Path made = folder.resolve("made.safetensors");
        CommandRun ema =
                CommandRun.of(
                        "ema",
                        folder.resolve("run").toString(),
                        "--sigma-rel",
                        "0.07",
                        "--out",
                        made.toString());
        assertEquals(0, ema.exit(), ema.err());
        assertTrue(Files.exists(made));
    }

    @Test
    void a_preset_without_such_averages_says_what_to_write() {
        CommandRun run = train("digits", List.of());
        assertEquals(2, run.exit(), run.err());
        assertTrue(
                run.err()
                        .contains(
                                "write optim.averages=[{kind: power, sigma_rel: 0.05}, {kind: power,"
                                        + " sigma_rel: 0.1}] and sampling.average=power-0.1"),
                run.err());
    }
}
