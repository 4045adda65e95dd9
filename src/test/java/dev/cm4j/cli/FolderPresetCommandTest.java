package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import dev.cm4j.image.Png;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model of one's own pictures: presets that learn from a folder. */
class FolderPresetCommandTest {

    private static final List<String> SMALL =
            List.of("--precision", "f32", "--threads", "1", "--preview-every", "0");

    @TempDir Path folder;

    private Path pictures;

    @BeforeEach
    void pictures() throws IOException {
        pictures = folder.resolve("pictures");
        Random random = new Random(5);
        for (String name : List.of("a/1.png", "a/2.png", "b/1.png", "b/2.png")) {
            Path file = pictures.resolve(name);
            Files.createDirectories(file.getParent());
            byte[] pixels = new byte[3 * 70 * 90];
            random.nextBytes(pixels);
            Png.write(file, new Picture(3, 70, 90, pixels), Map.of());
        }
    }

    private CommandRun train(Path out, String preset, String... more) {
        List<String> words = new ArrayList<>(List.of("train", "--out", out.toString()));
        words.addAll(List.of("--preset", preset, "--data", pictures.toString()));
        words.addAll(List.of("--batch", "2", "--steps", "1"));
        words.addAll(SMALL);
        words.addAll(List.of("--set", "network.res_blocks=1", "--set", "network.channel_mult=[1]"));
        words.addAll(List.of("--set", "network.attention_resolutions=[]"));
        words.addAll(List.of("--set", "network.model_channels=32"));
        words.addAll(List.of("--set", "network.head_channels=32"));
        words.addAll(List.of(more));
        return CommandRun.of(words.toArray(String[]::new));
    }

    @Test
    void pictures_of_64_pixels_are_learnt_with_a_teacher() throws IOException {
        Path teacher = folder.resolve("edm");
        CommandRun edm = train(teacher, "pictures64", "--method", "edm");
        assertEquals(0, edm.exit(), edm.err());
        assertTrue(edm.err().contains("pictures64-edm: 4 images of 3x64x64"), edm.err());
        for (String method : List.of("cd", "ect")) {
            CommandRun run =
                    train(
                            folder.resolve(method),
                            "pictures64",
                            "--method",
                            method,
                            "--teacher",
                            teacher.toString());
            assertEquals(0, run.exit(), run.err());
        }
        Path out = folder.resolve("cd/samples.png");
        assertEquals(3, PictureFile.read(out).channels());
    }

    @Test
    void a_teacher_of_its_own_is_found_for_a_distance_with_weights() {
        CommandRun missing =
                train(
                        folder.resolve("lpips"),
                        "imagenet64-cd-lpips",
                        "--teacher",
                        "auto",
                        "--set",
                        "network.classes=2",
                        "--set",
                        "data.height=16",
                        "--set",
                        "data.width=16",
                        "--set",
                        "optim.micro_batch=1",
                        "--teacher-steps",
                        "1");
        assertEquals(2, missing.exit(), missing.err());
        assertTrue(missing.err().contains("imagenet64-edm: 4 images of 3x16x16"), missing.err());
        assertTrue(missing.err().contains("backbone names vgg16-397923af.pth"), missing.err());
    }

    @Test
    void folders_must_be_as_many_as_classes() {
        CommandRun run =
                train(
                        folder.resolve("many"),
                        "imagenet64-edm",
                        "--set",
                        "network.model_channels=64");
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains("data of 2 classes do not fit a network of 1000"), run.err());
    }

    /** Networks of the published size are planned, without weights. */
    @ParameterizedTest
    @ValueSource(strings = {"imagenet64-edm", "imagenet64-cd", "bedroom256-cd", "cifar10-full-ct"})
    void what_the_published_scale_needs_is_known_beforehand(String preset) {
        CommandRun plan = CommandRun.of("doctor", "--plan", "-p", preset, "--memory", "64G");
        assertEquals(0, plan.exit(), plan.out() + plan.err());
        assertTrue(plan.out().startsWith("training " + preset), plan.out());
        assertTrue(plan.out().contains("\nThe whole batch "), plan.out());
    }
}
