package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchWriter;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.testing.RandomWeights;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** SongUNets of NVlabs/edm and locuslab/ect are told from their names, and others refused. */
class SongImportTest {

    private static final float[] NARROW = {.5f, .5f};
    private static final float[] WIDE = {.125f, .375f, .375f, .125f};

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "DDPMPP, EDM, 3, model.",
        "DDPMPP, ECT, 0, ''",
        "NCSNPP, EDM, 0, model.",
        "NCSNPP, ECT, 5, model.",
    })
    void every_option_is_told(NetworkKind kind, WeightLayout from, int classes, String prefix) {
        UNetConfig network = small(kind).withClasses(classes);
        Map<String, TensorEntry> weights = RandomWeights.of(OpenAiLayout.of(network), 1);
        Map<String, TensorEntry> theirs = new LinkedHashMap<>();
        published(weights, kind).forEach((name, entry) -> put(theirs, prefix + name, entry));
        Path file = write("net.pt", theirs);
        var refusal = assertThrows(FormatException.class, () -> CheckpointSource.open(file));
        assertTrue(refusal.getMessage().contains("--from edm"), refusal.getMessage());
        try (var source = CheckpointSource.open(file, SourceOptions.NONE.withFrom(from))) {
            assertEquals(network, source.network());
            assertEquals(weights.keySet(), source.entries().keySet());
            weights.forEach((name, entry) -> assertEquals(entry, source.entries().get(name), name));
            assertEquals(TimeInput.EDM, source.noise().time());
            assertEquals(
                    from == WeightLayout.EDM ? new EdmScalings(.5) : new BoundaryScalings(.5, .002),
                    source.noise().scalings());
            assertTrue(source.notices().toString().contains("map_augment"));
        }
    }

    @Test
    void published_networks_have_their_size() {
        assertEquals(55_732_739, parameters(UNetConfig.ddpmpp()));
        assertEquals(55_734_147, parameters(UNetConfig.ddpmpp().withClasses(10)));
        assertEquals(56_395_523 + 128, parameters(UNetConfig.ncsnpp()));
        assertEquals(56_398_339 + 128, parameters(UNetConfig.ncsnpp().withClasses(10)));
    }

    private static long parameters(UNetConfig config) {
        return OpenAiLayout.of(config).values().stream()
                .mapToLong(shape -> Arrays.stream(shape).reduce(1, (a, b) -> a * b))
                .sum();
    }

    @ParameterizedTest
    @EnumSource(
            value = NetworkKind.class,
            names = {"DDPMPP", "NCSNPP"})
    void other_variants_are_refused(NetworkKind kind) {
        boolean narrow = kind == NetworkKind.DDPMPP;
        refused(
                kind,
                "enc.4x4_down.conv0.resample_filter of shape [1, 1, %1$d, %1$d] is not the filter of "
                        .formatted(narrow ? 4 : 2),
                w -> put(w, "enc.4x4_down.conv0.resample_filter", filter(narrow ? WIDE : NARROW)));
        refused(
                kind,
                "an encoder of type skip",
                w -> put(w, "enc.4x4_aux_skip.weight", tensor(32, 2, 1, 1)));
        refused(
                kind,
                "a decoder of type skip",
                w -> put(w, "dec.4x4_aux_conv.weight", tensor(2, 32, 3, 3)));
        refused(
                kind,
                narrow ? "positional embedding of noise and a residual" : "and a standard encoder",
                w -> {
                    if (narrow) {
                        put(w, "enc.4x4_aux_residual.weight", tensor(32, 2, 3, 3));
                    } else {
                        w.keySet().removeIf(name -> name.contains("_aux_residual"));
                    }
                });
        refused(
                kind,
                "map_layer0.weight is [128, ",
                w -> put(w, "map_layer0.weight", tensor(128, 8)));
    }

    @Test
    void damage_is_named() {
        refused(NetworkKind.DDPMPP, "1 missing: map_layer1.bias", w -> w.remove("map_layer1.bias"));
        refused(NetworkKind.NCSNPP, "1 unknown: extra", w -> put(w, "extra", tensor(2)));
        refused(
                NetworkKind.DDPMPP,
                "map_layer1.bias is [3] and not [128]",
                w -> put(w, "map_layer1.bias", tensor(3)));
        refused(
                NetworkKind.DDPMPP,
                "no tensor dec.8x8_aux_conv.weight",
                w -> w.remove("dec.8x8_aux_conv.weight"));
        refused(
                NetworkKind.NCSNPP,
                "enc.8x8_conv.weight has rank 2",
                w -> put(w, "enc.8x8_conv.weight", tensor(32, 18)));
        refused(
                NetworkKind.DDPMPP,
                "33 channels",
                w -> put(w, "enc.4x4_block0.conv0.weight", tensor(33, 32, 3, 3)));
        refused(
                NetworkKind.DDPMPP,
                "no tensor enc.8x8_block0.conv0.weight",
                w -> w.keySet().removeIf(name -> name.contains("_block")));
    }

    @Test
    void options_that_contradict_are_refused() {
        Path file = write("net.pt", published(weights(NetworkKind.DDPMPP), NetworkKind.DDPMPP));
        SourceOptions edm = SourceOptions.NONE.withFrom(WeightLayout.EDM);
        refused(file, edm.withHints(ArchitectureHints.NONE.withImageSize(64)), "of 8 pixels");
        refused(
                file,
                edm.withHints(
                        new ArchitectureHints(
                                OptionalInt.empty(),
                                OptionalInt.of(16),
                                OptionalInt.empty(),
                                OptionalInt.empty())),
                "one head");
        refused(file, edm.withQkvOrder(QkvOrder.THREE_HEAD), "head-dim-three");
        refused(file, SourceOptions.NONE.withFrom(WeightLayout.CLONEOFSIMO), "SongUNet");
        SourceOptions right =
                edm.withHints(ArchitectureHints.of(small(NetworkKind.DDPMPP)))
                        .withQkvOrder(QkvOrder.HEAD_DIM_THREE);
        try (var source = CheckpointSource.open(file, right)) {
            assertEquals(small(NetworkKind.DDPMPP), source.network());
        }
    }

    private void refused(
            NetworkKind kind, String sentence, Consumer<Map<String, TensorEntry>> damage) {
        Map<String, TensorEntry> weights = published(weights(kind), kind);
        damage.accept(weights);
        refused(write("bad.pt", weights), SourceOptions.NONE.withFrom(WeightLayout.EDM), sentence);
    }

    private static void refused(Path file, SourceOptions options, String sentence) {
        var refusal =
                assertThrows(FormatException.class, () -> CheckpointSource.open(file, options));
        assertTrue(refusal.getMessage().contains(sentence), refusal.getMessage());
        assertEquals(Optional.of(1L), Optional.of(refusal.getMessage().lines().count()));
    }

    private static UNetConfig small(NetworkKind kind) {
        UNetConfig published =
                kind == NetworkKind.DDPMPP ? UNetConfig.ddpmpp() : UNetConfig.ncsnpp();
        return published.toBuilder()
                .imageSize(8)
                .inChannels(2)
                .outChannels(2)
                .modelChannels(32)
                .resBlocks(1)
                .channelMult(List.of(1, 2))
                .attentionResolutions(List.of(4))
                .build();
    }

    private static Map<String, TensorEntry> weights(NetworkKind kind) {
        return RandomWeights.of(OpenAiLayout.of(small(kind)), 2);
    }

    /** With the buffers and the input for augmented pictures that published files have. */
    private static Map<String, TensorEntry> published(
            Map<String, TensorEntry> weights, NetworkKind kind) {
        Map<String, TensorEntry> theirs = new LinkedHashMap<>(weights);
        TensorEntry filter = filter(kind == NetworkKind.DDPMPP ? NARROW : WIDE);
        for (String block : List.of("enc.4x4_down", "dec.8x8_up")) {
            put(theirs, block + ".conv0.resample_filter", filter);
            put(theirs, block + ".skip.resample_filter", filter);
        }
        put(theirs, "map_augment.weight", tensor(32, 9));
        return theirs;
    }

    private static TensorEntry filter(float... row) {
        int side = row.length;
        float[] values = new float[side * side];
        for (int i = 0; i < values.length; i++) {
            values[i] = row[i / side] * row[i % side];
        }
        MemorySegment data = MemorySegment.ofArray(new byte[4 * values.length]);
        data.copyFrom(MemorySegment.ofArray(values));
        return new TensorEntry("filter", DType.F32, new long[] {1, 1, side, side}, data);
    }

    private static TensorEntry tensor(long... shape) {
        return RandomWeights.of(Map.of("t", shape), 3).get("t");
    }

    private static void put(Map<String, TensorEntry> to, String name, TensorEntry entry) {
        to.put(name, new TensorEntry(name, entry.dtype(), entry.shape(), entry.data()));
    }

    private Path write(String name, Map<String, TensorEntry> entries) {
        Path file = folder.resolve(name);
        TorchWriter.write(file, entries);
        return file;
    }
}
