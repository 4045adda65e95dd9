package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.data.ImageFolder;
import dev.cm4j.data.ImageFolderConfig;
import dev.cm4j.data.LabelRule;
import dev.cm4j.data.ResizeRule;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import dev.cm4j.testing.NoLeaks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Presets of the published scale and those for folders of pictures take steps, on a tiny network
 * and pictures of 16x16 in two folders.
 */
@ExtendWith(NoLeaks.class)
class PublishedPresetsNativeTest {

    private static final int STEPS = 8; // what the doublings of ict need

    @TempDir Path folder;

    static Stream<String> names() {
        return Presets.names().stream()
                .filter(name -> name.matches("(imagenet64|bedroom256|cifar10-full|pictures64).*"));
    }

    @ParameterizedTest
    @MethodSource("names")
    void each_takes_steps_in_parts(String name) throws IOException {
        int classes = Presets.named(name).network().classes() == 0 ? 0 : 2;
        Preset preset =
                TinyRuns.preset(
                        name,
                        Stream.concat(
                                        Stream.of(
                                                "network.model_channels=64",
                                                "network.classes=" + classes,
                                                "optim.batch_size=4",
                                                "optim.micro_batch=2"),
                                        name.endsWith("-pd")
                                                ? Stream.of(
                                                        "method.phases.0.objective.start_scales=2")
                                                : Stream.empty())
                                .toArray(String[]::new));
        var recorder = new TinyRuns.Recorder();
        try (TinyTeacher teacher = TinyTeacher.of(preset);
                Dataset data = pictures()) {
            Run run = TinyRuns.run(preset, folder.resolve("run"), STEPS, teacher);
            try (TrainState state = Resume.begin(run)) {
                new Trainer(run, data, List.of(recorder)).train(state);
                assertEquals(STEPS, state.step());
                assertEquals(0, state.counters().skipped());
            }
        }
        assertEquals(STEPS, recorder.losses().size());
        assertTrue(recorder.losses().stream().allMatch(Double::isFinite), "" + recorder.losses());
    }

    private Dataset pictures() throws IOException {
        Random random = new Random(7);
        for (String name : List.of("cat/a.png", "cat/b.png", "dog/a.png", "dog/b.png")) {
            Path file = folder.resolve("pictures").resolve(name);
            Files.createDirectories(file.getParent());
            byte[] pixels = new byte[3 * 20 * 24];
            random.nextBytes(pixels);
            Png.write(file, new Picture(3, 20, 24, pixels), Map.of());
        }
        return ImageFolder.open(
                folder.resolve("pictures"),
                new ImageFolderConfig(16, 3, LabelRule.AUTO, ResizeRule.OPENAI, false));
    }
}
