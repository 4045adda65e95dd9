package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchWriter;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.SeedScalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.testing.RandomWeights;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Other programs' layouts, written here by their own names, arrive as ours. */
class ImportTest {

    @TempDir Path folder;

    private static final UNetConfig SMALL = SmallNetworks.residual();
    private static final ArchitectureHints HINTS = ArchitectureHints.of(SMALL);

    @Test
    void legacyGuidedDiffusionRowsArePermuted() {
        Map<String, TensorEntry> ours = RandomWeights.of(OpenAiLayout.of(SMALL), 1);
        Path file = write("gd.pt", guidedDiffusion(ours, QkvOrder.HEAD_THREE));
        SourceOptions options = SourceOptions.NONE.withHints(HINTS);
        var refusal =
                assertThrows(FormatException.class, () -> CheckpointSource.open(file, options));
        assertTrue(refusal.getMessage().contains("--from guided-diffusion"), refusal.getMessage());
        var from = options.withFrom(WeightLayout.GUIDED_DIFFUSION);
        try (var source = CheckpointSource.open(file, from)) {
            assertSame(ours, source.entries());
            assertTrue(source.notices().toString().contains("head-three"));
        }
    }

    @Test
    void newGuidedDiffusionRowsStay() {
        Map<String, TensorEntry> ours = RandomWeights.of(OpenAiLayout.of(SMALL), 2);
        Path file = write("gd.pt", guidedDiffusion(ours, QkvOrder.THREE_HEAD));
        SourceOptions options =
                SourceOptions.NONE.withHints(HINTS).withQkvOrder(QkvOrder.THREE_HEAD);
        try (var source = CheckpointSource.open(file, options)) {
            assertSame(ours, source.entries());
        }
    }

    /** A file of weights in which one tensor has elements that no tensor of ours has. */
    private Path withUnsigned(Map<String, TensorEntry> weights, String name, long... shape)
            throws IOException {
        Map<String, TensorEntry> all = new LinkedHashMap<>(weights);
        long count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        var data = MemorySegment.ofArray(new byte[(int) (2 * count)]);
        all.put(name, new TensorEntry(name, DType.I16, shape, data));
        Path file = folder.resolve("unsigned.safetensors");
        SafetensorsFile.write(file, all, Map.of());
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        return Files.writeString(
                file, text.replaceFirst("\"I16\"", "\"U16\""), StandardCharsets.ISO_8859_1);
    }

    @Test
    void tensorsThatNoTensorOfOursCanBeAreLeftOutAloud() throws IOException {
        Map<String, TensorEntry> ours = RandomWeights.of(OpenAiLayout.of(SMALL), 3);
        SourceOptions options = SourceOptions.NONE.withHints(HINTS);
        Path beside = withUnsigned(ours, "mask", 2, 3);
        try (var source = CheckpointSource.open(beside, options)) {
            assertSame(ours, source.entries());
            assertTrue(
                    source.notices().contains("left out what cm4j cannot read: mask of type U16"),
                    source.notices().toString());
        }
        Path needed = withUnsigned(ours, "out.2.bias", 3);
        var refusal =
                assertThrows(FormatException.class, () -> CheckpointSource.open(needed, options));
        assertTrue(refusal.getMessage().contains("out.2.bias of type U16"), refusal.getMessage());
    }

    private static Map<String, TensorEntry> guidedDiffusion(
            Map<String, TensorEntry> ours, QkvOrder order) {
        Map<String, TensorEntry> theirs = new LinkedHashMap<>();
        ours.forEach((name, entry) -> {
            int heads = (int) entry.shape()[0] / 3 / 16;
            TensorEntry rows =
                    name.contains(".qkv.")
                            ? QkvRows.reorder(entry, heads, QkvOrder.THREE_HEAD, order)
                            : entry;
            boolean flat = name.endsWith(".qkv.weight") || name.endsWith(".proj_out.weight");
            long[] s = entry.shape();
            theirs.put(
                    name,
                    new TensorEntry(
                            name, DType.F32, flat ? new long[] {s[0], s[1], 1} : s, rows.data()));
        });
        return theirs;
    }

    @ParameterizedTest
    @CsvSource({"EDM, ''", "EDM, model.", "ECT, model."})
    void edmNetworksAreRenamed(WeightLayout layout, String prefix) {
        UNetConfig network =
                new UNetBuilder()
                        .imageSize(8)
                        .modelChannels(128)
                        .resBlocks(1)
                        .channelMult(List.of(1, 1))
                        .attentionResolutions(List.of(4))
                        .headChannels(64)
                        .heads(1)
                        .classes(3)
                        .build();
        Map<String, TensorEntry> ours = RandomWeights.of(OpenAiLayout.of(network), 3);
        Path file = write("net.pt", edm(ours, prefix));
        var refusal = assertThrows(FormatException.class, () -> CheckpointSource.open(file));
        assertTrue(refusal.getMessage().contains("--from edm"), refusal.getMessage());
        try (var source = CheckpointSource.open(file, SourceOptions.NONE.withFrom(layout))) {
            assertSame(ours, source.entries());
            assertEquals(network, source.network());
            NoiseFacts noise = source.noise();
            assertEquals(TimeInput.EDM, noise.time());
            assertEquals(layout == WeightLayout.EDM, noise.scalings() instanceof EdmScalings);
            assertTrue(source.notices().toString().contains("map_augment"));
        }
    }

    private static final Map<String, String> EDM_BLOCKS =
            Map.ofEntries(
                    Map.entry("input_blocks.1.", "enc.8x8_block0."),
                    Map.entry("input_blocks.2.", "enc.4x4_down."),
                    Map.entry("input_blocks.3.", "enc.4x4_block0."),
                    Map.entry("middle_block.0.", "dec.4x4_in0."),
                    Map.entry("middle_block.1.", "dec.4x4_in0."),
                    Map.entry("middle_block.2.", "dec.4x4_in1."),
                    Map.entry("output_blocks.0.", "dec.4x4_block0."),
                    Map.entry("output_blocks.1.", "dec.4x4_block1."),
                    Map.entry("output_blocks.1.2.", "dec.8x8_up."),
                    Map.entry("output_blocks.2.", "dec.8x8_block0."),
                    Map.entry("output_blocks.3.", "dec.8x8_block1."));

    private static final Map<String, String> EDM_PARTS =
            Map.ofEntries(
                    Map.entry("in_layers.0", "norm0"),
                    Map.entry("in_layers.2", "conv0"),
                    Map.entry("emb_layers.1", "affine"),
                    Map.entry("out_layers.0", "norm1"),
                    Map.entry("out_layers.3", "conv1"),
                    Map.entry("skip_connection", "skip"),
                    Map.entry("norm", "norm2"),
                    Map.entry("qkv", "qkv"),
                    Map.entry("proj_out", "proj"));

    private static Map<String, TensorEntry> edm(Map<String, TensorEntry> ours, String prefix) {
        Map<String, TensorEntry> theirs = new LinkedHashMap<>();
        ours.forEach((name, entry) -> {
            if (name.equals("label_emb.weight")) {
                put(theirs, prefix + "map_label.weight", transposed(entry));
                return;
            }
            TensorEntry rows =
                    name.contains(".qkv.")
                            ? QkvRows.reorder(
                                    entry, 2, QkvOrder.THREE_HEAD, QkvOrder.HEAD_DIM_THREE)
                            : entry;
            put(theirs, prefix + edmName(name), rows);
        });
        TensorEntry filter = RandomWeights.of(Map.of("f", new long[] {1, 1, 2, 2}), 4).get("f");
        put(theirs, prefix + "enc.4x4_down.conv0.resample_filter", filter);
        TensorEntry augment = RandomWeights.of(Map.of("a", new long[] {128, 9}), 4).get("a");
        put(theirs, prefix + "map_augment.weight", augment);
        return theirs;
    }

    private static String edmName(String name) {
        String fixed =
                name.replaceFirst("^time_embed\\.0", "map_layer0")
                        .replaceFirst("^time_embed\\.2", "map_layer1")
                        .replaceFirst("^input_blocks\\.0\\.0", "enc.8x8_conv")
                        .replaceFirst("^out\\.0", "out_norm")
                        .replaceFirst("^out\\.2", "out_conv");
        if (!fixed.equals(name)) {
            return fixed;
        }
        String block =
                EDM_BLOCKS.keySet().stream()
                        .filter(name::startsWith)
                        .max(Comparator.comparing(String::length))
                        .orElseThrow();
        String part = name.substring(0, name.lastIndexOf('.'));
        String suffix = name.substring(name.lastIndexOf('.'));
        String theirs =
                EDM_PARTS.keySet().stream()
                        .filter(p -> part.endsWith("." + p))
                        .max(Comparator.comparing(String::length))
                        .orElseThrow();
        return EDM_BLOCKS.get(block) + EDM_PARTS.get(theirs) + suffix;
    }

    private static TensorEntry transposed(TensorEntry entry) {
        int rows = (int) entry.shape()[0];
        int columns = (int) entry.shape()[1];
        byte[] to = new byte[4 * rows * columns];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                MemorySegment.ofArray(to)
                        .asSlice(4L * (c * rows + r), 4)
                        .copyFrom(entry.data().asSlice(4L * (r * columns + c), 4));
            }
        }
        return new TensorEntry(
                entry.name(), DType.F32, new long[] {columns, rows}, MemorySegment.ofArray(to));
    }

    private static void put(Map<String, TensorEntry> to, String name, TensorEntry entry) {
        to.put(name, new TensorEntry(name, entry.dtype(), entry.shape(), entry.data()));
    }

    @Test
    void theSeedNetworkIsCheckedAndKept() {
        Map<String, TensorEntry> seed = RandomWeights.of(SeedLayout.of(32, 1), 6);
        Path file = write("seed.pt", seed);
        var refusal = assertThrows(FormatException.class, () -> CheckpointSource.open(file));
        assertTrue(refusal.getMessage().contains("--from cloneofsimo"), refusal.getMessage());
        SourceOptions options = SourceOptions.NONE.withFrom(WeightLayout.CLONEOFSIMO);
        try (var source = CheckpointSource.open(file, options)) {
            assertSame(seed, source.entries());
            assertEquals(UNetConfig.seed(32, 1), source.network());
            assertEquals(new SeedScalings(.5, .002), source.noise().scalings());
            assertEquals(TimeInput.RAW, source.noise().time());
        }
        seed.remove("last.bias");
        Path broken = write("broken.pt", seed);
        var missing =
                assertThrows(FormatException.class, () -> CheckpointSource.open(broken, options));
        assertTrue(missing.getMessage().contains("1 missing: last.bias"), missing.getMessage());
    }

    @Test
    void theSeedNetworkHasItsPublishedSize() {
        assertEquals(6_550_794, parameters(SeedLayout.of(128, 1)));
        assertEquals(26_176_010, parameters(SeedLayout.of(256, 1)));
        assertEquals(6_557_780, parameters(SeedLayout.of(128, 3)));
        assertEquals(26_189_908, parameters(SeedLayout.of(256, 3)));
    }

    private static long parameters(Map<String, long[]> shapes) {
        return shapes.values().stream()
                .mapToLong(s -> Arrays.stream(s).reduce(1, (a, b) -> a * b))
                .sum();
    }

    @ParameterizedTest
    @CsvSource({
        "model.enc.32x32_conv.weight, SongUNet",
        "model.enc.32x32_aux_residual.weight, SongUNet",
        "unet.emb_fourier.freqs, edm2",
        "model.unet.enc.64x64_block0.conv_res0.weight, edm2",
    })
    void networksWithoutAPlaceAreNamed(String name, String sentence) {
        Path file = write("other.pt", RandomWeights.of(Map.of(name, new long[] {2, 2}), 7));
        for (WeightLayout layout : WeightLayout.values()) {
            var refusal =
                    assertThrows(
                            FormatException.class,
                            () -> CheckpointSource.open(file, SourceOptions.NONE.withFrom(layout)));
            assertTrue(refusal.getMessage().contains(sentence), refusal.getMessage());
        }
    }

    @Test
    void wrapperPrefixesAreStripped() {
        Map<String, TensorEntry> ours = RandomWeights.of(OpenAiLayout.of(SMALL), 8);
        Map<String, TensorEntry> wrapped = new LinkedHashMap<>();
        ours.forEach((name, entry) -> put(wrapped, "_orig_mod.module." + name, entry));
        Path file = write("wrapped.pt", wrapped);
        try (var source = CheckpointSource.open(file, SourceOptions.NONE.withHints(HINTS))) {
            assertSame(ours, source.entries());
            assertTrue(source.notices().toString().contains("'_orig_mod.'"));
            assertTrue(source.notices().toString().contains("'module.'"));
        }
    }

    @Test
    void anOpenAiRunGivesItsSlowestNewestAverage() {
        Map<String, TensorEntry> wanted = RandomWeights.of(OpenAiLayout.of(SMALL), 9);
        Map<String, TensorEntry> other = RandomWeights.of(OpenAiLayout.of(SMALL), 10);
        write("model000020.pt", other);
        write("ema_0.999_000020.pt", other);
        write("ema_0.9999_000020.pt", wanted);
        write("ema_0.9999_000010.pt", other);
        SourceOptions options = SourceOptions.NONE.withHints(HINTS);
        try (var source = CheckpointSource.open(folder, options)) {
            assertSame(wanted, source.entries());
            assertTrue(source.notices().toString().contains("rate 0.9999 after 20 steps"));
        }
        try (var source = CheckpointSource.open(folder, options.withKey("model"))) {
            assertSame(other, source.entries());
        }
    }

    @Test
    void theNameSaysTeacherOrConsistencyModel() {
        Map<String, TensorEntry> ours = RandomWeights.of(OpenAiLayout.of(SMALL), 11);
        assertEquals(OptionalInt.of(201), noise("ct_small.pt", ours).trainTimesteps());
        assertEquals(OptionalInt.of(40), noise("cd_small.pt", ours).trainTimesteps());
        assertEquals(new EdmScalings(.5), noise("edm_small_ema.pt", ours).scalings());
    }

    private NoiseFacts noise(String name, Map<String, TensorEntry> entries) {
        try (var source =
                CheckpointSource.open(write(name, entries), SourceOptions.NONE.withHints(HINTS))) {
            assertTrue(source.notices().toString().contains("by the name of the file"));
            return source.noise();
        }
    }

    private Path write(String name, Map<String, TensorEntry> entries) {
        Path file = folder.resolve(name);
        TorchWriter.write(file, entries);
        return file;
    }

    private static void assertSame(
            Map<String, TensorEntry> expected, Map<String, TensorEntry> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, entry) -> assertEquals(entry, actual.get(name), name));
    }
}
