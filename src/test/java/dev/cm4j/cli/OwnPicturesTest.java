package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.preset.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code cm4j train --preset digits --data my-pictures/}. */
class OwnPicturesTest {

    @TempDir Path folder;

    private Path pictures() {
        return folder.resolve("my pictures");
    }

    private void picture(String name, int channels, int height, int width) throws IOException {
        Path file = pictures().resolve(name);
        Files.createDirectories(file.getParent());
        Png.write(
                file,
                new Picture(channels, height, width, new byte[channels * height * width]),
                Map.of());
    }

    private void pictures(int classes) throws IOException {
        for (int i = 0; i < Math.max(classes, 1); i++) {
            String place = classes == 0 ? "" : "kind: " + i + "/";
            picture(place + "colour.png", 3, 40, 60);
            picture(place + "grey.png", 1, 20, 20);
        }
    }

    private CommandRun train(String... more) {
        return trainWith("digits", "run", more);
    }

    private CommandRun trainWith(String preset, String run, String... more) {
        List<String> words = new ArrayList<>(List.of("train", "--preset", preset));
        words.addAll(List.of("--data", pictures().toString()));
        words.addAll(List.of("--out", folder.resolve(run).toString()));
        words.addAll(List.of("--batch", "2", "--steps", "1", "--precision", "f32"));
        words.addAll(List.of("--set", "network.res_blocks=1", "--set", "network.channel_mult=[1]"));
        words.addAll(List.of("--set", "network.attention_resolutions=[]"));
        words.addAll(List.of(more));
        return CommandRun.of(words.toArray(String[]::new));
    }

    private List<String> learnt(String run) {
        try (ModelFile model = ModelFile.open(folder.resolve(run).resolve("model.safetensors"))) {
            List<String> names = model.card().data().classNames();
            assertEquals(model.card().network().classes(), names.size());
            assertEquals("folder", model.card().data().dataset());
            return names;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 9, 10})
    void any_number_of_classes_is_learnt(int classes) throws IOException {
        pictures(classes);
        CommandRun run = train();
        assertEquals(0, run.exit(), run.err());
        assertEquals(
                IntStream.range(0, classes).mapToObj(i -> "kind: " + i).toList(), learnt("run"));
        assertTrue(
                run.err()
                        .contains(
                                "pictures are cut to the square in their middle, resized to 28x28"
                                        + " pixels, made grey, such as "),
                run.err());
        assertTrue(run.err().contains("colour.png of 60x40\n"), run.err());
    }

    @Test
    void a_teacher_of_its_own_learns_the_same_classes() throws IOException {
        pictures(2);
        CommandRun run = train("--method", "cd", "--teacher", "auto", "--teacher-steps", "1");
        assertEquals(0, run.exit(), run.err());
        assertEquals(List.of("kind: 0", "kind: 1"), learnt("run"));
        assertEquals(List.of("kind: 0", "kind: 1"), learnt("run/teacher"));
    }

    @Test
    void names_that_contradict_the_folders_are_refused() throws IOException {
        picture("a/1.png", 1, 28, 28);
        picture("b/1.png", 1, 28, 28);
        CommandRun run =
                train("--set", "network.classes=2", "--set", "data.class_names=[dogs, cats]");
        assertEquals(2, run.exit(), run.err());
        assertTrue(
                run.err().contains("the classes of the data are [a, b], but data.class_names"),
                run.err());
        Path own = folder.resolve("pets.yaml");
        Files.writeString(
                own, "base: digits\ndata: {class_names: [a, b]}\nnetwork: {classes: 2}\n");
        CommandRun alone = trainWith(own.toString(), "own");
        assertEquals(0, alone.exit(), alone.err());
        assertFalse(alone.err().contains("pictures are"), alone.err());
    }

    @Test
    void a_class_too_few_is_no_class_for_none() throws IOException {
        pictures(9);
        CommandRun run = train("--set", "network.classes=10");
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains("data of 9 classes do not fit a network of 10"), run.err());
    }

    @Test
    void what_is_no_class_is_said() throws IOException {
        picture("a/1.png", 1, 28, 28);
        Files.createDirectories(pictures().resolve("b"));
        CommandRun empty = train();
        assertEquals(0, empty.exit(), empty.err());
        assertTrue(empty.err().contains("b holds no picture and is no class"), empty.err());
        assertEquals(List.of("a"), learnt("run"));
    }

    @Test
    void a_preset_for_folders_keeps_its_word() throws IOException {
        pictures(2);
        Path own = folder.resolve("album.yaml");
        Files.writeString(
                own,
                "base: digits\ndata: {dataset: folder, class_names: []}\nnetwork: {classes: 0}\n");
        Path other = folder.resolve("other.yaml");
        Files.writeString(other, "base: album.yaml\n".replace("album.yaml", own.toString()));
        for (Path preset : List.of(own, other)) {
            String run = preset.getFileName().toString().replace(".yaml", "");
            CommandRun done = trainWith(preset.toString(), run);
            assertEquals(0, done.exit(), done.err());
            assertEquals(List.of(), learnt(run));
            assertEquals(
                    preset.equals(other),
                    done.err().contains("the 2 folders are not learnt as classes"),
                    done.err());
        }
    }

    @Test
    void a_stray_picture_is_said() throws IOException {
        pictures(2);
        picture("stray.png", 1, 28, 28);
        CommandRun run = train();
        assertEquals(0, run.exit(), run.err());
        assertTrue(
                run.err()
                        .contains(
                                "there are no classes, because stray.png lies beside the folders"),
                run.err());
        assertEquals(List.of(), learnt("run"));
    }
}
