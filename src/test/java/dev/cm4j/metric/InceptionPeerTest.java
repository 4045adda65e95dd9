package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.nn.Inception;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import dev.cm4j.testing.PeerPython;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Our Inception network and that of the pytorch-fid package see the same, with random weights. */
@ExtendWith(NoLeaks.class)
class InceptionPeerTest {

    private static final int COUNT = 2;
    private static final int SIDE = 48;

    /** Resizes by hand as TensorFlow 1, then runs the package's blocks one by one. */
    private static final String PROGRAM =
            """
            import sys, torch, torchvision, numpy as np, safetensors.torch
            import pytorch_fid.inception as fid
            weights, pixels, out = sys.argv[1:]
            net = torchvision.models.inception_v3(
                weights=None, aux_logits=False, num_classes=1008, init_weights=False)
            net.Mixed_5b = fid.FIDInceptionA(192, pool_features=32)
            net.Mixed_5c = fid.FIDInceptionA(256, pool_features=64)
            net.Mixed_5d = fid.FIDInceptionA(288, pool_features=64)
            net.Mixed_6b = fid.FIDInceptionC(768, channels_7x7=128)
            net.Mixed_6c = fid.FIDInceptionC(768, channels_7x7=160)
            net.Mixed_6d = fid.FIDInceptionC(768, channels_7x7=160)
            net.Mixed_6e = fid.FIDInceptionC(768, channels_7x7=192)
            net.Mixed_7b = fid.FIDInceptionE_1(1280)
            net.Mixed_7c = fid.FIDInceptionE_2(2048)
            net.load_state_dict(safetensors.torch.load_file(weights), strict=False)
            net.eval()
            x = np.fromfile(pixels, dtype=np.uint8).reshape(2, 3, 48, 48).astype(np.float64)
            for axis in (3, 2):
                at = np.arange(299) * (48 / 299)
                low = np.floor(at).astype(int)
                high = np.minimum(low + 1, 47)
                shape = [1, 1, 1, 1]
                shape[axis] = 299
                part = (at - low).reshape(shape)
                x = np.take(x, low, axis) * (1 - part) + np.take(x, high, axis) * part
            x = torch.tensor((x - 128) / 128, dtype=torch.float32)
            seen = {}
            net.Mixed_6d.branch1x1.register_forward_hook(lambda m, i, o: seen.update(spatial=o[:, :7]))
            net.avgpool.register_forward_hook(lambda m, i, o: seen.update(pool=o.flatten(1)))
            with torch.no_grad():
                logits = net(x) - net.fc.bias
            safetensors.torch.save_file({
                "pool": seen["pool"].contiguous(),
                "spatial": seen["spatial"].permute(0, 2, 3, 1).flatten(1).contiguous(),
                "probabilities": logits.softmax(1).contiguous()}, out)
            """;

    @TempDir static Path folder;

    private static Path weights;

    @BeforeAll
    static void write() {
        weights = folder.resolve("fidelity.safetensors");
        InceptionWeightsFile.write(weights, false);
    }

    private static Tensor pixels() {
        byte[] bytes = new byte[COUNT * 3 * SIDE * SIDE];
        new Random(3).nextBytes(bytes);
        return Tensor.of(bytes, COUNT, 3, SIDE, SIDE);
    }

    @Test
    void seesWhatPytorchFidSees() throws Exception {
        PeerPython python =
                PeerPython.require("torch", "torchvision", "pytorch_fid", "safetensors", "numpy");
        Path bytes = folder.resolve("pixels.u8");
        Path theirs = folder.resolve("theirs.safetensors");
        Reading ours;
        try (var extractor = InceptionExtractor.open(weights, Precision.F32);
                var _ = Scope.open()) {
            Tensor pixels = pixels();
            Files.write(bytes, pixels.toBytes());
            ours = extractor.read(pixels);
        }
        python.run(PROGRAM, weights, bytes, theirs);
        try (var file = SafetensorsFile.open(theirs)) {
            Map<String, float[]> found =
                    Map.of(
                            "pool",
                            ours.features(),
                            "spatial",
                            ours.spatial(),
                            "probabilities",
                            ours.probabilities());
            found.forEach((name, values) -> {
                float[] expected = new float[values.length];
                file.entry(name)
                        .data()
                        .asByteBuffer()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer()
                        .get(expected);
                double size = 0;
                double gap = 0;
                for (int i = 0; i < values.length; i++) {
                    size += (double) expected[i] * expected[i];
                    gap += Math.pow(expected[i] - values[i], 2);
                }
                assertTrue(size > 0, name + " is all 0");
                assertEquals(0, Math.sqrt(gap / size), 2e-5, name);
            });
        }
    }

    @Test
    void bothNamesGiveTheSameNetwork() {
        Path plain = folder.resolve("plain.safetensors");
        InceptionWeightsFile.write(plain, true);
        try (var first = InceptionExtractor.open(weights, Precision.F32);
                var second = InceptionExtractor.open(plain, Precision.F32);
                var rough = InceptionExtractor.open(plain, Precision.BF16);
                var _ = Scope.open()) {
            Reading a = first.read(pixels());
            Reading b = second.read(pixels());
            assertArrayEquals(a.features(), b.features(), 1e-5f);
            assertArrayEquals(a.spatial(), b.spatial(), 1e-5f);
            assertEquals(COUNT * Inception.POOL, a.features().length);
            assertEquals(COUNT * Inception.SPATIAL, a.spatial().length);
            float[] c = rough.read(pixels()).features();
            double gap = 0;
            double size = 0;
            for (int i = 0; i < c.length; i++) {
                gap += Math.abs(c[i] - a.features()[i]);
                size += Math.abs(a.features()[i]);
            }
            assertTrue(gap > 0 && gap < .03 * size, "bfloat16 is off by " + gap / size);
        }
    }

    @Test
    void otherWeightsAreRefusedByName() {
        Path other = folder.resolve("other.safetensors");
        SafetensorsFile.write(other, Map.of(), Map.of());
        var error =
                assertThrows(
                        FormatException.class, () -> InceptionExtractor.open(other, Precision.F32));
        assertTrue(error.getMessage().contains("Conv2d_1a_3x3.conv.weight"), error.getMessage());
    }
}
