package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchWriter;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.testing.Edm2Networks;
import dev.cm4j.testing.RandomWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights of NVlabs/edm2 tell their network by names and shapes. */
class Edm2ImportTest {

    private static final UNetConfig NETWORK = Edm2Networks.tiny(3, 10);
    private static final SourceOptions OPTIONS = SourceOptions.NONE.withFrom(WeightLayout.EDM2);

    @TempDir Path folder;

    @Test
    void the_sizes_are_the_published_ones() {
        assertEquals(124_713_125, published(128));
        assertEquals(280_212_709, published(192));
        assertEquals(1_119_283_621, published(384));
    }

    /** Parameters of a network for ImageNet's latents, without the constant noise features. */
    private static long published(int width) {
        Map<String, long[]> layout = OpenAiLayout.of(UNetConfig.edm2(64, 4, width, 1000));
        assertEquals(200, layout.size());
        return layout.entrySet().stream()
                .filter(e -> !e.getKey().startsWith("emb_fourier"))
                .mapToLong(e -> Arrays.stream(e.getValue()).reduce(1, (a, b) -> a * b))
                .sum();
    }

    @Test
    void names_and_shapes_tell_the_network() {
        for (UNetConfig network :
                List.of(
                        NETWORK,
                        Edm2Networks.tiny(1, 0),
                        Edm2Networks.builder(4)
                                .channelMult(List.of(2, 3, 3))
                                .resBlocks(2)
                                .attentionResolutions(List.of(16, 4))
                                .build())) {
            Path file = write("edm2.pt", RandomWeights.of(Edm2Layout.of(network), 1));
            try (var source = CheckpointSource.open(file, OPTIONS)) {
                assertEquals(network, source.network());
                assertEquals(
                        List.copyOf(Edm2Layout.of(network).keySet()),
                        List.copyOf(source.entries().keySet()));
                boolean latents = network.inChannels() == 4;
                assertEquals(latents, source.notices().toString().contains("works on latents"));
            }
        }
    }

    @Test
    void a_precond_is_unwrapped() {
        Map<String, TensorEntry> weights = RandomWeights.of(Edm2Layout.of(NETWORK), 2);
        Map<String, TensorEntry> wrapped = new LinkedHashMap<>();
        weights.forEach((name, entry) -> put(wrapped, "unet." + name, entry));
        RandomWeights.of(
                        Map.of(
                                "logvar_fourier.freqs",
                                new long[] {128},
                                "logvar_fourier.phases",
                                new long[] {128},
                                "logvar_linear.weight",
                                new long[] {1, 128}),
                        3)
                .forEach(wrapped::put);
        Path file = write("edm2-img512-s.pt", wrapped);
        var refusal = assertThrows(FormatException.class, () -> CheckpointSource.open(file));
        assertTrue(refusal.getMessage().contains("--from edm2"), refusal.getMessage());
        try (var source = CheckpointSource.open(file, OPTIONS)) {
            weights.forEach((name, entry) -> assertEquals(entry, source.entries().get(name)));
            assertEquals(NETWORK, source.network());
            assertEquals(new EdmScalings(.5), source.noise().scalings());
            assertEquals(TimeInput.EDM, source.noise().time());
            String said = source.notices().toString();
            assertTrue(said.contains("left out logvar_"), said);
            assertTrue(said.contains("heads of 64 channels assumed"), said);
        }
    }

    /** A run says little of what is fixed. */
    @Test
    void a_run_is_read_by_what_its_preset_says() throws IOException {
        Preset preset =
                Presets.named(
                        "digits",
                        List.of(
                                "network.kind=edm2",
                                "network.patch=1",
                                "network.scale_shift_norm=false",
                                "network.channel_mult=[1, 2]",
                                "network.attention_resolutions=[14]"));
        Path checkpoint = Files.createDirectories(folder.resolve("ckpt-00000020"));
        var weights = RandomWeights.of(OpenAiLayout.of(preset.network()), 7);
        SafetensorsFile.write(checkpoint.resolve("model.safetensors"), weights, Map.of());
        new ObjectMapper()
                .writeValue(
                        checkpoint.resolve("state.json").toFile(),
                        Map.of("format", 1, "configuration", preset.configuration()));
        try (var source = CheckpointSource.open(folder, SourceOptions.NONE.withKey("model"))) {
            assertEquals(preset.network(), source.network());
            assertEquals(weights, Map.copyOf(source.entries()));
        }
    }

    @Test
    void what_does_not_fit_is_refused_in_words() {
        Map<String, TensorEntry> weights = RandomWeights.of(Edm2Layout.of(NETWORK), 4);
        Path whole = write("whole.pt", weights);
        refused(whole, hints(32, 64, 0), "weights named for 16 pixels, not for 32");
        refused(whole, hints(16, 48, 0), "headChannels 48 does not divide the 64 channels");
        refused(whole, hints(16, 0, 2), "--head-channels instead of --heads");
        refused(whole, OPTIONS.withQkvOrder(QkvOrder.THREE_HEAD), "no --qkv-order three-head");
        refused(without(weights, "out_gain"), hints(16, 64, 0), "1 missing: out_gain");
        refused(without(weights, "enc.16x16_conv.weight"), hints(16, 64, 0), "no tensor such as");
        refused(
                without(weights, "enc.16x16_block0.conv_res0.weight"),
                hints(16, 64, 0),
                "no tensor enc.16x16_block0.conv_res0.weight");
        refused(with(weights, "dec.99", 1), hints(16, 64, 0), "1 unknown: dec.99");
        refused(with(weights, "enc.16x16_conv.weight", 64), hints(16, 64, 0), "4 dimensions");
        refused(with(weights, "emb_label.weight", 64), hints(16, 64, 0), "2 dimensions");
        refused(with(weights, "emb_fourier.freqs", 32), hints(16, 64, 0), "is [32] and not [64]");
        refused(
                with(weights, "enc.8x8_block0.conv_res0.weight", 0, 64, 3, 3),
                hints(16, 64, 0),
                "a level without channels");
        refused(
                with(weights, "enc.16x16_conv.weight", 64, 1, 3, 3),
                hints(16, 64, 0),
                "reads 1 channels");
        var teacherOfOpenAi =
                assertThrows(
                        FormatException.class,
                        () ->
                                CheckpointSource.open(
                                        write(
                                                "adm.pt",
                                                RandomWeights.of(
                                                        OpenAiLayout.of(UNetConfig.mnist32Tiny()),
                                                        5)),
                                        OPTIONS));
        assertTrue(
                teacherOfOpenAi.getMessage().contains("no weights of --from edm2"),
                teacherOfOpenAi.getMessage());
    }

    private static void refused(Path file, SourceOptions options, String sentence) {
        var error = assertThrows(FormatException.class, () -> CheckpointSource.open(file, options));
        assertTrue(error.getMessage().contains(sentence), error.getMessage());
    }

    private static SourceOptions hints(int size, int headChannels, int heads) {
        return OPTIONS.withHints(
                new ArchitectureHints(
                        OptionalInt.of(size),
                        headChannels == 0 ? OptionalInt.empty() : OptionalInt.of(headChannels),
                        heads == 0 ? OptionalInt.empty() : OptionalInt.of(heads),
                        OptionalInt.empty()));
    }

    private Path without(Map<String, TensorEntry> weights, String name) {
        Map<String, TensorEntry> fewer = new LinkedHashMap<>(weights);
        fewer.remove(name);
        return write("broken.pt", fewer);
    }

    private Path with(Map<String, TensorEntry> weights, String name, long... shape) {
        Map<String, TensorEntry> other = new LinkedHashMap<>(weights);
        other.put(name, RandomWeights.of(Map.of(name, shape), 6).get(name));
        return write("broken.pt", other);
    }

    private Path write(String name, Map<String, TensorEntry> entries) {
        Path file = folder.resolve(name);
        TorchWriter.write(file, entries);
        return file;
    }

    private static void put(Map<String, TensorEntry> to, String name, TensorEntry entry) {
        to.put(name, new TensorEntry(name, entry.dtype(), entry.shape(), entry.data()));
    }
}
