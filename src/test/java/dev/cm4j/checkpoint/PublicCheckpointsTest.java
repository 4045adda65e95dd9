package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.DType;
import dev.cm4j.testing.SharedData;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checkpoints people have published: state dicts open, a whole module is refused. */
class PublicCheckpointsTest {

    @ParameterizedTest
    @CsvSource({
        "cifar10-resnet/resnet20-12fca82f.th, conv1.weight, 16",
        "cifar10-resnet/resnet56-4bfd9763.th, conv1.weight, 16",
        "mnist-lenet/khushbujpatel-lenet_mnist-mnist_cnn.pt, convnet.c1.weight, 6",
    })
    void stateDictsOpen(String name, String tensor, long first) {
        try (var file = TorchFile.open(SharedData.require("checkpoints/" + name))) {
            StateDict weights = StateDict.of(file, Optional.empty());
            assertEquals(first, weights.entries().get(tensor).shape()[0]);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "mnist-lenet/wang-xinya-lenet_mnist_model.pth, F32",
        "mnist-ddpm/yichizz-ddpm_mnist_starter.pth, F32",
        "mnist-ddpm/willdalh-minDiffusion-ddpm_mnist.pth, I64",
    })
    void elementTypesAreThere(String name, DType dtype) {
        try (var file = TorchFile.open(SharedData.require("checkpoints/" + name))) {
            assertTrue(file.entries().values().stream().anyMatch(e -> e.dtype() == dtype));
        }
    }

    @Test
    void prefixAndRootAreNoticed() {
        Path path = SharedData.require("checkpoints/cifar10-resnet/resnet20-12fca82f.th");
        try (var file = TorchFile.open(path)) {
            assertEquals(2, StateDict.of(file, Optional.empty()).notices().size());
            assertFalse(StateDict.of(file, Optional.of("state_dict")).entries().isEmpty());
            assertThrows(FormatException.class, () -> StateDict.of(file, Optional.of("ema")));
        }
    }

    @Test
    void aPickledModuleIsRefusedWithAdvice() {
        Path path = SharedData.require("checkpoints/mnist-lenet/eshal26-lenet_mnist_model.pth");
        var refusal = assertThrows(FormatException.class, () -> TorchFile.open(path));
        assertTrue(refusal.getMessage().contains("save model.state_dict() instead"));
    }

    @ParameterizedTest
    @CsvSource({"alex, 5", "vgg, 5", "squeeze, 7"})
    void lpipsLayersOpen(String net, int layers) {
        try (var file = TorchFile.open(SharedData.require("lpips/v0.1/" + net + ".pth"))) {
            Map<String, TensorEntry> entries = file.entries();
            assertEquals(layers, entries.size());
            long[] shape = entries.get("lin0.model.1.weight").shape();
            assertArrayEquals(new long[] {1, shape[1], 1, 1}, shape);
        }
    }
}
