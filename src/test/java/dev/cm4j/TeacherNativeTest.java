package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.loss.Pairs;
import dev.cm4j.model.Denoiser;
import dev.cm4j.preset.PairsConfig;
import dev.cm4j.preset.PresetDistance;
import dev.cm4j.preset.Presets;
import dev.cm4j.sample.ChurnConfig;
import dev.cm4j.sample.HeunSampler;
import dev.cm4j.sample.ReplayNoise;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Teachers and the pairs they make. */
@ExtendWith(NoLeaks.class)
class TeacherNativeTest {

    private static final PairsConfig FEW =
            new PairsConfig(300, 2, Optional.empty(), NoiseRange.STANDARD);

    @TempDir Path folder;

    private Teacher open(int classes) {
        Path file = TinyModel.write(folder.resolve("tiny-" + classes + ".safetensors"), classes);
        return Teacher.open(file, OpenOptions.standard().withDtype(DType.F32));
    }

    @Test
    void aTeacherIsKnownByItsHash() {
        try (Teacher teacher = open(10)) {
            Path file = folder.resolve("tiny-10.safetensors");
            assertEquals(FileDigest.sha256(file), teacher.mark().sha256());
            teacher.mark().claim(folder);
            teacher.mark().claim(folder); // the same again
            try (Teacher other = open(0)) {
                var refused =
                        assertThrows(
                                IllegalArgumentException.class, () -> other.mark().claim(folder));
                assertTrue(refused.getMessage().contains("tiny-10"), refused.getMessage());
            }
        }
    }

    @Test
    void aTeacherWithoutClassesIgnoresThoseOfTheStudent() {
        try (Teacher teacher = open(0);
                var _ = Scope.open()) {
            teacher.requireFits(Presets.named("digits"));
            Denoiser model = teacher.denoiser(Optional.empty());
            Tensor x = Tensor.zeros(DType.F32, 2, 1, 28, 28).plus(.5);
            double[] sigma = {1, 2};
            assertArrayEquals(
                    model.denoise(x, sigma, Optional.empty()).toFloats(),
                    model.denoise(x, sigma, Optional.of(Tensor.of(new long[] {1, 2}, 2)))
                            .toFloats());
        }
    }

    @Test
    void otherPicturesAndClassesAreRefused() {
        try (Teacher teacher = open(7)) {
            refused(
                    teacher,
                    "has a table of 7 classes, preset digits-cd has data of 10",
                    "digits-cd");
            refused(
                    teacher,
                    "makes pictures of 1x28x28, preset cifar10-cd learns 3x32x32",
                    "cifar10-cd");
        }
        try (Teacher teacher = open(10)) {
            refused(
                    teacher,
                    "has no class for none, which method.label_dropout needs",
                    "digits-cd",
                    "network.classes=11",
                    "method.label_dropout=0.1");
            var guided =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> teacher.denoiser(Optional.of(2.0)));
            assertTrue(guided.getMessage().contains("cannot be guided"), guided.getMessage());
        }
    }

    /** A method that learns alone takes what it can use of any weights, and says none fit. */
    @Test
    void weightsToBeginWithMayBeOfOtherClasses() {
        try (Teacher first = open(7)) {
            first.requireFits(Presets.named("digits"));
            refused(first, "none of the weights of", "seed-mnist");
        }
    }

    private static void refused(Teacher teacher, String words, String name, String... overrides) {
        var preset = Presets.named(name, List.of(overrides));
        var refused =
                assertThrows(IllegalArgumentException.class, () -> teacher.requireFits(preset));
        assertTrue(refused.getMessage().contains(words), refused.getMessage());
    }

    @Test
    void pairsAreWhatTheSamplerMakesOfTheirNoise() {
        try (Teacher teacher = open(10);
                var supplies = supplies(teacher, new ArrayList<>());
                var _ = Scope.open()) {
            Pairs pairs = supplies.pairs(FEW);
            long[] some = {299, 0, 17};
            Tensor labels = pairs.labels(some).orElseThrow();
            assertArrayEquals(new long[] {9, 0, 7}, labels.toLongs());
            var request =
                    SampleRequest.of(
                                    new ReplayNoise(pairs.noise(some).reshape(1, 3, 1, 28, 28)),
                                    3,
                                    1,
                                    28,
                                    28)
                            .withLabels(Optional.of(labels));
            Tensor made =
                    new HeunSampler(2, NoiseRange.STANDARD, ChurnConfig.NONE)
                            .sample(teacher.denoiser(Optional.empty()), request);
            assertArrayEquals(made.toFloats(), pairs.pictures(some).toFloats(), 1e-3f);
        }
    }

    @Test
    void pairsAreMadeOnceCheckedAndRepaired() throws Exception {
        try (Teacher teacher = open(0)) {
            List<String> notices = new ArrayList<>();
            float[] before = pictures(teacher, notices);
            assertEquals(List.of("pairs 256 of 300", "pairs 300 of 300"), notices);
            notices.clear();
            assertArrayEquals(before, pictures(teacher, notices));
            assertEquals(List.of(), notices);

            Path torn = folder.resolve("pairs/pairs-00000256.safetensors");
            byte[] bytes = Files.readAllBytes(torn);
            bytes[bytes.length - 1] ^= 1;
            Files.write(torn, bytes);
            Files.delete(folder.resolve("pairs/pairs-00000000.safetensors"));
            assertArrayEquals(before, pictures(teacher, notices));
            assertEquals(3, notices.size(), notices.toString());
            assertTrue(notices.get(1).contains("is damaged; it is made again"), notices.get(1));

            bytes = Files.readAllBytes(torn);
            Files.write(torn, Arrays.copyOf(bytes, 100));
            notices.clear();
            assertArrayEquals(before, pictures(teacher, notices));
            assertEquals(2, notices.size(), notices.toString());
            assertFalse(notices.getFirst().startsWith("pairs 3"), notices.getFirst());

            try (Teacher other = open(10);
                    var supplies = supplies(other, notices)) {
                var refused =
                        assertThrows(IllegalArgumentException.class, () -> supplies.pairs(FEW));
                assertTrue(
                        refused.getMessage().contains("cm4j.pairs.teacher is "),
                        refused.getMessage());
            }
        }
    }

    private RunSupplies supplies(Teacher teacher, List<String> notices) {
        return new RunSupplies(folder, 3, Optional.of(teacher), Optional.empty(), notices::add);
    }

    private float[] pictures(Teacher teacher, List<String> notices) {
        try (var supplies = supplies(teacher, notices);
                var _ = Scope.open()) {
            return supplies.pairs(FEW).pictures(new long[] {0, 1, 255, 256, 299}).toFloats();
        }
    }

    @Test
    void distancesAreOpenedOnceAndFreedWithTheRun() {
        Path eye = folder.resolve("vgg.safetensors");
        Path lines = folder.resolve("lin.safetensors");
        TinyLpips.write(eye, lines);
        var files =
                new PresetDistance.LpipsDistance(
                        eye.toString(), lines.toString(), Optional.empty());
        try (var supplies =
                        new RunSupplies(folder, 0, Optional.empty(), Optional.empty(), _ -> {});
                var _ = Scope.open()) {
            assertEquals(supplies.lpips(files), supplies.lpips(files));
            Tensor a = Tensor.zeros(DType.F32, 2, 3, 32, 32);
            float[] found = files.distance(supplies).perSample(a, a.plus(.5)).toFloats();
            assertTrue(found.length == 2 && found[0] > 0, "distance " + found[0]);
            var gone =
                    new PresetDistance.LpipsDistance(eye.toString(), "gone.pth", Optional.empty());
            var refused = assertThrows(IllegalArgumentException.class, () -> supplies.lpips(gone));
            assertTrue(refused.getMessage().contains("linear names gone.pth"));
        }
    }
}
