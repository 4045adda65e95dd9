package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cm4j.checkpoint.PendingTensor;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TorchWriter;
import dev.cm4j.checkpoint.WriteProgress;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import dev.cm4j.testing.PeerPython;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Networks that diffusers and cm4j open from each other's files and answer alike. The published
 * ones at full size take gigabytes of disk: {@code -Dcm4j.fullsize=true}.
 */
@ExtendWith(NoLeaks.class)
class FullSizePeerTest {

    /** Opens a folder, answers to a picture, and writes the folder anew. */
    private static final String PROGRAM =
            """
            import sys, torch, safetensors.torch
            from diffusers import CMStochasticIterativeScheduler, ConsistencyModelPipeline, UNet2DModel
            folder, out, theirs, classes = sys.argv[1:]
            unet = UNet2DModel.from_pretrained(folder, subfolder="unet", local_files_only=True)
            c = unet.config
            x = torch.randn(1, c.in_channels, c.sample_size, c.sample_size,
                            generator=torch.Generator().manual_seed(5))
            t = torch.tensor([250.0])
            labels = torch.tensor([3]) if int(classes) else None
            with torch.no_grad():
                y = unet(x, t, class_labels=labels, return_dict=False)[0]
            safetensors.torch.save_file({"x": x, "t": t, "y": y.contiguous()}, out)
            if theirs:
                with torch.no_grad():
                    for p in unet.parameters():
                        p.mul_(0.75)
                ConsistencyModelPipeline(unet, CMStochasticIterativeScheduler()).save_pretrained(theirs)
                with torch.no_grad():
                    y = unet(x, t, class_labels=labels, return_dict=False)[0]
                safetensors.torch.save_file({"x": x, "t": t, "y": y.contiguous()}, out + ".2")
            """;

    @TempDir private Path folder;

    @Test
    void a_folder_that_diffusers_wrote_gives_the_same_answer() throws IOException {
        PeerPython python = PeerPython.require("torch", "diffusers", "safetensors");
        for (UNetConfig config : SmallNetworks.all()) {
            Path place = Files.createDirectories(folder.resolve("n" + config.hashCode()));
            Path theirs = place.resolve("theirs");
            Path pipeline = roundTrip(config, place);
            Path out = place.resolve("out");
            python.run(PROGRAM, pipeline, out, theirs, config.classes());
            compare(pipeline, out, config);
            compare(theirs, Path.of(out + ".2"), config);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"imagenet64", "bedroom256"})
    void published_architectures_at_full_size(String name) throws IOException {
        assumeTrue(
                Boolean.getBoolean("cm4j.fullsize"),
                "skipped: takes up to 7 GB of disk; -Dcm4j.fullsize=true runs it");
        PeerPython python = PeerPython.require("torch", "diffusers", "safetensors");
        UNetConfig config =
                name.equals("imagenet64") ? UNetConfig.imagenet64() : UNetConfig.bedroom256();
        Path pipeline = roundTrip(config, folder);
        Path out = folder.resolve("out");
        python.run(PROGRAM, pipeline, out, "", config.classes());
        compare(pipeline, out, config);
    }

    /** OpenAI's layout, to diffusers and back byte for byte. */
    private static Path roundTrip(UNetConfig config, Path place) throws IOException {
        Path original = place.resolve("cd_original.pt");
        Path pipeline = place.resolve("pipeline");
        Path back = place.resolve("back.pt");
        List<PendingTensor> weights =
                OpenAiLayout.of(config).entrySet().stream()
                        .map(e ->
                                new PendingTensor(
                                        e.getKey(),
                                        DType.F32,
                                        e.getValue(),
                                        () -> random(e.getKey(), e.getValue())))
                        .toList();
        TorchWriter.write(original, weights, WriteProgress.NONE);
        convert(original, pipeline, OutputFormat.DIFFUSERS, config);
        convert(pipeline, back, OutputFormat.PT, config);
        assertEquals(-1, Files.mismatch(original, back), "not the same bytes");
        Files.delete(original);
        Files.delete(back);
        return pipeline;
    }

    private static void convert(Path from, Path to, OutputFormat form, UNetConfig config) {
        SourceOptions options = SourceOptions.NONE.withHints(ArchitectureHints.of(config));
        try (CheckpointSource source = CheckpointSource.open(from, options)) {
            new Conversion(source, form, Optional.empty(), OptionalLong.empty())
                    .write(to, Map.of(), WriteProgress.NONE);
        }
    }

    private static void compare(Path pipeline, Path recorded, UNetConfig config) {
        try (CheckpointSource source = CheckpointSource.open(pipeline);
                SafetensorsFile theirs = SafetensorsFile.open(recorded);
                UNet net = StoredNetwork.open(pipeline, config, source);
                Scope _ = Scope.open()) {
            net.precision(Precision.F32);
            Optional<Tensor> labels =
                    config.classes() > 0
                            ? Optional.of(Tensor.of(new long[] {3}))
                            : Optional.empty();
            float[] ours = net.forward(tensor(theirs, "x"), tensor(theirs, "t"), labels).toFloats();
            float[] expected = tensor(theirs, "y").toFloats();
            double largest = 0;
            for (float value : expected) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertArrayEquals(expected, ours, (float) (1e-4 * largest));
        }
    }

    private static Tensor tensor(SafetensorsFile file, String name) {
        var entry = file.entry(name);
        return Tensor.copyOf(entry.data(), entry.dtype(), entry.shape());
    }

    /** The same for a name each time; kernels of a size that keeps activations near 1. */
    private static MemorySegment random(String name, long[] shape) {
        int count = 1;
        for (long size : shape) {
            count = Math.multiplyExact(count, Math.toIntExact(size));
        }
        SplittableRandom random = new SplittableRandom(name.hashCode());
        float gain = shape.length == 1 && name.endsWith("weight") ? 1 : 0;
        float scale = shape.length == 1 ? .1f : (float) Math.sqrt(3.0 * shape[0] / count);
        MemorySegment data = MemorySegment.ofArray(new byte[Math.multiplyExact(4, count)]);
        for (int i = 0; i < count; i++) {
            data.set(
                    ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
                    4L * i,
                    gain + scale * (random.nextInt() * 0x1p-31f));
        }
        return data;
    }
}
