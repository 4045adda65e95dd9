package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.WriteProgress;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import dev.cm4j.testing.RandomWeights;
import dev.cm4j.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our own training checkpoints, and a recorded pair of files that hold the same weights. */
class OwnRunTest {

    private static final Preset PRESET = Presets.named("digits");

    @TempDir Path run;
    private Map<String, TensorEntry> average;
    private Map<String, TensorEntry> online;

    @BeforeEach
    void write() throws IOException {
        Path checkpoint = Files.createDirectories(run.resolve("ckpt-00000020"));
        Files.createDirectories(run.resolve("ckpt-00000010"));
        var shapes = OpenAiLayout.of(PRESET.network());
        average = RandomWeights.of(shapes, 1);
        online = RandomWeights.of(shapes, 2);
        String label = PRESET.sampling().average();
        SafetensorsFile.write(
                checkpoint.resolve("ema-" + label + ".safetensors"), average, Map.of());
        SafetensorsFile.write(checkpoint.resolve("model.safetensors"), online, Map.of());
        new ObjectMapper()
                .writeValue(
                        checkpoint.resolve("state.json").toFile(),
                        Map.of("format", 1, "configuration", PRESET.configuration()));
    }

    @Test
    void aRunGivesTheAverageOfItsNewestCheckpoint() {
        try (CheckpointSource source = CheckpointSource.open(run)) {
            assertEquals("cm4j training checkpoint", source.kind());
            assertEquals(PRESET.network(), source.network());
            assertEquals(average, Map.copyOf(source.entries()));
            NoiseFacts noise = source.noise();
            assertEquals(PRESET.method().scalings(), noise.scalings());
            assertEquals(PRESET.method().time(), noise.time());
            assertEquals(PRESET.method().range(), noise.range());
        }
    }

    @Test
    void otherWeightsAreTakenByName() {
        SourceOptions model = SourceOptions.NONE.withKey("model");
        try (CheckpointSource source = CheckpointSource.open(run.resolve("ckpt-00000020"), model)) {
            assertEquals(online, Map.copyOf(source.entries()));
        }
        var refusal =
                assertThrows(
                        FormatException.class,
                        () -> CheckpointSource.open(run, SourceOptions.NONE.withKey("ema-1")));
        assertTrue(refusal.getMessage().contains("--key, one of [ema-"), refusal.getMessage());
    }

    @Test
    void theRecordedFolderAndFileHoldTheSame() {
        Path folder = SharedData.requireReference("diffusers-cond");
        Path pipeline = folder.resolve("pipeline");
        SourceOptions half = SourceOptions.NONE.withVariant("fp16");
        try (CheckpointSource theirs = CheckpointSource.open(pipeline);
                CheckpointSource theirHalf = CheckpointSource.open(pipeline, half);
                CheckpointSource ours = openAi(folder, theirs)) {
            CheckpointDiff diff = diff(ours, theirs);
            assertTrue(diff.isEmpty(), diff.toString());
            assertEquals(diff.equal(), diff.otherTypes()); // float16 against float32
            assertTrue(diff(ours, theirHalf).isIdentical());
            assertEquals(digest(ours), digest(theirHalf));
            assertNotEquals(digest(ours), digest(theirs));
        }
    }

    private static CheckpointSource openAi(Path folder, CheckpointSource same) {
        return CheckpointSource.open(
                folder.resolve("openai.pt"),
                SourceOptions.NONE.withHints(ArchitectureHints.of(same.network())));
    }

    private static CheckpointDiff diff(CheckpointSource a, CheckpointSource b) {
        return CheckpointDiff.of(a.entries(), b.entries(), WriteProgress.NONE);
    }

    private static String digest(CheckpointSource source) {
        return TensorDigest.sha256(source.entries(), WriteProgress.NONE);
    }
}
