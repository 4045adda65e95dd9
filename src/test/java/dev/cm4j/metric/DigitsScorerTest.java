package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.MnistIdx;
import dev.cm4j.data.Split;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The digit score on real digits; skipped where the data is not there. */
class DigitsScorerTest {

    private static final Path DATA =
            Path.of(Optional.ofNullable(System.getenv("CM4J_DATA")).orElse("../shared/data"));
    private static final Path WEIGHTS =
            DATA.resolve("checkpoints/mnist-lenet/khushbujpatel-lenet_mnist-mnist_cnn.pt");

    @TempDir static Path cache;

    private static LenetClassifier classifier;
    private static FeatureStatistics training;

    @BeforeAll
    static void open() {
        assumeTrue(Files.exists(WEIGHTS), () -> "no digits and classifier under " + DATA);
        classifier = LenetClassifier.open(WEIGHTS);
        try (Dataset train = MnistIdx.open(DATA.resolve("mnist"), Split.TRAIN)) {
            training = ReferenceStatistics.of(train, classifier, cache);
        }
    }

    @Test
    void testDigitsScoreAsPublished() {
        DigitsScore score = scoreTestDigits(10_000, true);
        assertEquals(10_000, score.count());
        assertEquals(.6192, score.frechet(), 5e-5);
        assertEquals(.9904, score.accuracy().orElseThrow(), 1e-12);
        assertEquals(590.579, training.trace(), 1e-3);
        assertEquals(10_000, Arrays.stream(score.histogram()).sum());
        assertTrue(score.entropy() > 2.29 && score.entropy() < Math.log(10), "" + score.entropy());
        assertTrue(score.topProbability() > .98, "" + score.topProbability());
    }

    @Test
    void fewPicturesScoreWorse() {
        DigitsScore score = scoreTestDigits(512, false);
        assertTrue(score.frechet() > 3 && score.frechet() < 9, "" + score.frechet());
        assertTrue(score.accuracy().isEmpty());
    }

    @Test
    void paddedDigitsAreCropped() {
        byte[] small = new byte[28 * 28];
        new Random(5).nextBytes(small);
        byte[] padded = new byte[32 * 32];
        for (int row = 0; row < 28; row++) {
            System.arraycopy(small, row * 28, padded, (row + 2) * 32 + 2, 28);
        }
        try (var _ = Scope.open()) {
            assertArrayEquals(
                    classifier.read(Tensor.of(small, 1, 1, 28, 28)).features(),
                    classifier.read(Tensor.of(padded, 1, 1, 32, 32)).features());
        }
    }

    @Test
    void refusesOtherPictures() {
        try (var _ = Scope.open()) {
            for (Tensor wrong :
                    new Tensor[] {
                        Tensor.zeros(DType.U8, 1, 3, 28, 28),
                        Tensor.zeros(DType.F32, 1, 1, 28, 28),
                        Tensor.zeros(DType.U8, 1, 1, 16, 16),
                        Tensor.zeros(DType.U8, 1, 1, 29, 29),
                        Tensor.zeros(DType.U8, 1, 28, 28)
                    }) {
                assertThrows(IllegalArgumentException.class, () -> classifier.read(wrong));
            }
        }
    }

    @Test
    void statisticsComeBackFromTheCache() throws Exception {
        try (Dataset train = MnistIdx.open(DATA.resolve("mnist"), Split.TRAIN)) {
            FeatureStatistics again = ReferenceStatistics.of(train, classifier, cache);
            assertEquals(training.count(), again.count());
            assertArrayEquals(training.mean(), again.mean());
            for (int i = 0; i < training.dimension(); i++) {
                assertArrayEquals(training.covariance()[i], again.covariance()[i]);
            }
        }
        try (var files = Files.list(cache)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void otherWeightsAreRefusedByName() {
        Path other = DATA.resolve("checkpoints/mnist-lenet/wang-xinya-lenet_mnist_model.pth");
        assumeTrue(Files.exists(other));
        var error = assertThrows(FormatException.class, () -> LenetClassifier.open(other));
        assertTrue(error.getMessage().contains("convnet.c1"), error.getMessage());
    }

    private static DigitsScore scoreTestDigits(int count, boolean labelled) {
        var scorer = new DigitsScorer(classifier, training);
        try (Dataset test = MnistIdx.open(DATA.resolve("mnist"), Split.TEST)) {
            int every = test.size() / count;
            for (int first = 0; first < count; first += 500) {
                int batch = Math.min(500, count - first);
                try (var _ = Scope.open();
                        var arena = Arena.ofConfined()) {
                    MemorySegment pixels = arena.allocate(28L * 28 * batch);
                    long[] labels = new long[batch];
                    for (int i = 0; i < batch; i++) {
                        test.read((first + i) * every, pixels.asSlice(28L * 28 * i, 28 * 28));
                        labels[i] = test.label((first + i) * every);
                    }
                    Tensor images = Tensor.copyOf(pixels, DType.U8, batch, 1, 28, 28);
                    if (labelled) {
                        scorer.add(images, labels);
                    } else {
                        scorer.add(images);
                    }
                }
            }
        }
        return scorer.score();
    }
}
