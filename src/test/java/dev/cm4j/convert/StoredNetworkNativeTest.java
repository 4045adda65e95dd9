package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.PendingTensor;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TensorFile;
import dev.cm4j.checkpoint.WriteProgress;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights that stay in their files are the weights; files that change are refused in words. */
@ExtendWith(NoLeaks.class)
class StoredNetworkNativeTest {

    private static final UNetConfig CONFIG = SmallNetworks.residual();

    @TempDir private Path folder;

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "F16", "BF16"})
    void the_same_picture_as_from_memory(DType storage) {
        Path file = written(storage);
        for (Precision precision : Precision.values()) {
            try (UNet stored = open(file);
                    UNet filled = UNet.zeroed(CONFIG);
                    Scope _ = Scope.open()) {
                filled.load(tensors(file));
                filled.precision(precision);
                stored.precision(precision);
                float[] expected = picture(filled);
                assertArrayEquals(expected, picture(stored));
                assertArrayEquals(filled.weights().toFloats(), stored.weights().toFloats());
                assertArrayEquals(expected, picture(stored));
            }
        }
    }

    @Test
    void rows_that_diffusers_keeps_apart_stay_in_the_file() {
        Path pipeline = folder.resolve("pipeline");
        DiffusersFolder.write(
                pipeline,
                CONFIG,
                SchedulerConfig.DEFAULT,
                SmallNetworks.weights(CONFIG),
                DType.F32,
                Optional.empty());
        try (CheckpointSource source = CheckpointSource.open(pipeline)) {
            for (String name : source.names()) {
                List<TensorEntry> pieces = source.pieces(name);
                assertEquals(name.contains(".qkv.") ? 3 : 1, pieces.size(), name);
                pieces.forEach(piece -> assertTrue(source.place(piece).isPresent(), name));
            }
            try (UNet net = StoredNetwork.open(pipeline, CONFIG, source);
                    Scope _ = Scope.open()) {
                SmallNetworks.weights(CONFIG)
                        .forEach((name, entry) ->
                                assertArrayEquals(
                                        Tensor.copyOf(entry.data(), entry.dtype(), entry.shape())
                                                .toFloats(),
                                        net.parameter(name).toFloats(),
                                        name));
            }
        }
    }

    @Test
    void pictures_of_the_fast_path_need_no_vector_of_weights() {
        try (UNet net = open(written(DType.F32));
                Scope _ = Scope.open()) {
            net.precision(Precision.BF16);
            picture(net);
            if (!net.lastForwardWasFast()) {
                return; // a machine without it
            }
            long before = NativeMemory.now();
            net.weights();
            long bytes = 4 * net.parameterCount();
            assertTrue(NativeMemory.now() - before >= bytes, "the vector was there before");
        }
    }

    @Test
    void training_and_copies_begin_from_the_file() {
        Path file = written(DType.F32);
        try (UNet stored = open(file);
                UNet copy = stored.copy();
                UNet filled = UNet.zeroed(CONFIG);
                Scope _ = Scope.open()) {
            filled.load(tensors(file));
            assertArrayEquals(gradients(filled), gradients(stored));
            stored.weights().fill(0);
            assertArrayEquals(filled.weights().toFloats(), copy.weights().toFloats());
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void a_file_cut_short_afterwards_gives_a_sentence(Precision precision) throws IOException {
        Path file = written(DType.F32);
        try (UNet net = open(file);
                Scope _ = Scope.open()) {
            net.precision(precision);
            try (var cut = new RandomAccessFile(file.toFile(), "rw")) {
                cut.setLength(Files.size(file) / 2);
            }
            var refused = assertThrows(UncheckedIOException.class, () -> picture(net));
            assertTrue(refused.getMessage().contains(file + " has been"), refused.getMessage());
            assertThrows(UncheckedIOException.class, net::weights);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void a_file_written_to_afterwards_gives_a_sentence(Precision precision) throws IOException {
        Path file = written(DType.F32);
        try (UNet net = open(file);
                Scope _ = Scope.open()) {
            net.precision(precision);
            try (var other = new RandomAccessFile(file.toFile(), "rw")) {
                other.seek(Files.size(file) - 1);
                other.write(1);
            }
            Files.setLastModifiedTime(file, FileTime.fromMillis(1));
            var refused = assertThrows(UncheckedIOException.class, () -> picture(net));
            assertTrue(
                    refused.getMessage().contains("changed since it was opened"),
                    refused.getMessage());
        }
    }

    @Test
    void a_file_deleted_or_replaced_by_another_does_no_harm() throws IOException {
        Path file = written(DType.F32);
        try (UNet net = open(file);
                UNet other = open(file);
                Scope _ = Scope.open()) {
            float[] expected = picture(other);
            SafetensorsFile.write(file, Map.of(), Map.of());
            Files.delete(file);
            assertArrayEquals(expected, picture(net));
        }
    }

    @Test
    void a_file_replaced_while_it_is_opened_is_refused() {
        Path file = written(DType.F32);
        try (TensorFile tensors = TensorFile.open(file)) {
            Map<String, TensorEntry> other = SmallNetworks.weights(CONFIG);
            other.remove("out.2.bias");
            other.put("more", tensors.entries().get("out.2.weight"));
            SafetensorsFile.write(file, other, Map.of());
            var refused =
                    assertThrows(
                            FormatException.class,
                            () -> StoredNetwork.open(file, CONFIG, StoredTensors.of(tensors)));
            assertTrue(refused.getMessage().contains("replaced"), refused.getMessage());
        }
    }

    @Test
    void other_weights_are_refused_by_name() {
        Map<String, TensorEntry> weights = SmallNetworks.weights(CONFIG);
        TensorEntry bias = weights.remove("out.2.bias");
        refused(weights, "no weight 'out.2.bias'");
        weights.put("out.2.bias", bias);
        weights.put("more", bias);
        refused(weights, "a weight 'more'");
        weights.remove("more");
        weights.put(
                "out.2.bias",
                new TensorEntry("out.2.bias", DType.F32, new long[] {1, 3}, bias.data()));
        refused(weights, "out.2.bias of shape [1, 3]");
    }

    private void refused(Map<String, TensorEntry> weights, String part) {
        Path file = folder.resolve("other.safetensors");
        SafetensorsFile.write(file, weights, Map.of());
        var refused = assertThrows(FormatException.class, () -> open(file));
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }

    private Path written(DType storage) {
        Path file = folder.resolve(storage + ".safetensors");
        List<PendingTensor> tensors =
                PendingTensor.of(SmallNetworks.weights(CONFIG)).stream()
                        .map(tensor -> tensor.as(storage))
                        .toList();
        SafetensorsFile.write(file, tensors, Map.of(), WriteProgress.NONE);
        return file;
    }

    private static UNet open(Path file) {
        try (TensorFile tensors = TensorFile.open(file)) {
            return StoredNetwork.open(file, CONFIG, StoredTensors.of(tensors));
        }
    }

    private static Map<String, Tensor> tensors(Path file) {
        Map<String, Tensor> tensors = new HashMap<>();
        try (TensorFile open = TensorFile.open(file)) {
            new LinkedHashMap<>(open.entries())
                    .forEach((name, entry) ->
                            tensors.put(
                                    name,
                                    Tensor.copyOf(entry.data(), entry.dtype(), entry.shape())));
        }
        return tensors;
    }

    private static Tensor forward(UNet net) {
        return net.forward(
                Noise.normal(3, new long[] {0, 1}, 0, 3, 16, 16),
                Tensor.of(new float[] {1, 2}),
                Optional.of(Tensor.of(new long[] {4, 7})));
    }

    private static float[] picture(UNet net) {
        return forward(net).toFloats();
    }

    private static float[] gradients(UNet net) {
        try (var _ = Gradients.enabled()) {
            forward(net).square().mean().backward();
        }
        return net.gradients().toFloats();
    }
}
