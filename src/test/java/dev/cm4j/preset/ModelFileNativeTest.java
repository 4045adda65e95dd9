package dev.cm4j.preset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.Digits;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.NoLeaks;
import dev.cm4j.train.Budget;
import dev.cm4j.train.CheckpointPolicy;
import dev.cm4j.train.Resume;
import dev.cm4j.train.Run;
import dev.cm4j.train.TrainState;
import dev.cm4j.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a run leaves behind can be opened without knowing the run. */
@ExtendWith(NoLeaks.class)
class ModelFileNativeTest {

    private static final List<String> TINY =
            List.of(
                    "data.height=16",
                    "data.width=16",
                    "network.channel_mult=[1]",
                    "network.res_blocks=1",
                    "network.attention_resolutions=[]",
                    "optim.batch_size=4",
                    "sampling.storage=f32");

    @TempDir Path folder;

    @Test
    void a_run_leaves_its_average_with_a_card() {
        Preset preset = Presets.named("digits", TINY);
        Run run =
                preset.run(
                        folder,
                        Budget.steps(2),
                        3,
                        Precision.F32,
                        CheckpointPolicy.atEnd(),
                        List.of("test"));
        try (Dataset data = Digits.of(8, 16, 0);
                TrainState state = Resume.begin(run)) {
            var writer = new ModelWriter(preset, run, data.fingerprint());
            new Trainer(run, data, List.of(writer)).train(state);
            try (ModelFile file = ModelFile.open(folder.resolve("model.safetensors"));
                    UNet network = file.network();
                    Scope _ = Scope.open()) {
                assertEquals(writer.card(state), file.card());
                assertEquals(2, file.card().training().steps());
                assertEquals(List.of(80.0, 1.7), file.card().sigmas().get(2));
                assertEquals("7", file.card().data().classNames().get(7));
                assertArrayEquals(
                        state.network("halflife-44000").weights().toFloats(),
                        network.weights().toFloats());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 0, 1.2", "F16, 0.001, 0.6", "BF16, 0.01, 0.6"})
    void storage(DType storage, float tolerance, double bytes) throws Exception {
        Path path = folder.resolve("model.safetensors");
        try (UNet network = UNet.create(Presets.named("digits", TINY).network(), 1);
                Scope _ = Scope.open()) {
            ModelFile.save(path, card(network), network, storage);
            try (ModelFile file = ModelFile.open(path);
                    UNet read = file.network()) {
                assertArrayEquals(
                        network.weights().toFloats(), read.weights().toFloats(), tolerance);
            }
        }
        assertTrue(Files.size(path) < bytes * 650_000, Files.size(path) + " bytes");
    }

    @Test
    void anotherCardLeavesTheWeights() {
        Path path = folder.resolve("model.safetensors");
        try (UNet network = UNet.create(Presets.named("digits", TINY).network(), 1);
                Scope _ = Scope.open()) {
            ModelCard card = card(network);
            ModelFile.save(path, card, network, DType.F32);
            ModelFile.describe(path, card.withSigmas(List.of(80.0, 3.0, .7)));
            try (ModelFile file = ModelFile.open(path);
                    UNet read = file.network()) {
                assertEquals(List.of(80.0, 3.0, .7), file.card().sigmas().get(3));
                assertEquals(card.training(), file.card().training());
                assertArrayEquals(network.weights().toFloats(), read.weights().toFloats());
            }
            var other =
                    new ModelCard(
                            card.network().withClasses(3),
                            card.scalings(),
                            card.time(),
                            card.range(),
                            card.sigmas(),
                            card.data(),
                            card.training());
            assertThrows(IllegalArgumentException.class, () -> ModelFile.describe(path, other));
        }
    }

    private ModelCard card(UNet network) {
        Preset preset = Presets.named("digits", TINY);
        return new ModelCard(
                network.config(),
                preset.method().scalings(),
                preset.method().time(),
                preset.method().range(),
                preset.sampling().sigmas(),
                new ModelCard.Data("digits", 1, 16, 16, preset.data().classNames(), "none"),
                new ModelCard.Training("digits", "online", 0, 0, 0, 1, "0.1.0", preset.text()));
    }

    @Test
    void other_files_are_refused_in_words() {
        Path path = folder.resolve("plain.safetensors");
        SafetensorsFile.write(path, Map.of(), Map.of("format", "pt"));
        var refused = assertThrows(FormatException.class, () -> ModelFile.open(path));
        assertTrue(refused.getMessage().contains("no 'cm4j.model'"), refused.getMessage());
        SafetensorsFile.write(path, Map.of(), Map.of("cm4j.format", "1", "cm4j.model", "{}"));
        refused = assertThrows(FormatException.class, () -> ModelFile.open(path));
        assertTrue(refused.getMessage().contains("missing key 'network'"), refused.getMessage());
    }
}
