package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.data.CifarBinary;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.Split;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The residual networks read the CIFAR-10 test pictures as published; skipped without them. */
@ExtendWith(NoLeaks.class)
class CifarClassifierTest {

    private static final Path DATA =
            Path.of(Optional.ofNullable(System.getenv("CM4J_DATA")).orElse("../shared/data"));
    private static final Path WEIGHTS = DATA.resolve("checkpoints/cifar10-resnet");
    private static final Path PICTURES = DATA.resolve("cifar-10-batches-bin");

    @BeforeEach
    void there() {
        assumeTrue(Files.exists(WEIGHTS), () -> "skipped: no CIFAR ResNets under " + DATA);
        assumeTrue(
                CifarBinary.isThere(PICTURES, Split.TEST),
                () -> "skipped: no CIFAR-10 under " + DATA);
    }

    @ParameterizedTest
    @CsvSource({"resnet20-12fca82f.th, 20, .915", "resnet56-4bfd9763.th, 56, .926"})
    void readsAsManyTestPicturesAsPublished(String file, int depth, double accuracy) {
        try (var classifier = CifarClassifier.open(WEIGHTS.resolve(file));
                Dataset test = CifarBinary.open(PICTURES, Split.TEST)) {
            assertTrue(classifier.protocol().contains("resnet" + depth), classifier.protocol());
            int count = Math.min(1000, test.size());
            var scorer = new PictureScorer(classifier, Set.of(Metric.IS), 2, Optional.empty());
            for (int first = 0; first < count; first += 100) {
                try (var _ = Scope.open()) {
                    int[] rows = IntStream.range(first, first + 100).toArray();
                    long[] labels = IntStream.of(rows).mapToLong(test::label).toArray();
                    scorer.add(test.pixels(rows), labels);
                }
            }
            PictureScore score = scorer.score(Optional.empty());
            assertEquals(accuracy, score.value("accuracy").orElseThrow(), 1e-9);
            double clarity = score.value("is").orElseThrow();
            assertTrue(clarity > 8 && clarity <= 10, "IS " + clarity);
        }
    }

    @Test
    void refusesOtherPicturesAndOtherWeights() {
        try (var classifier = CifarClassifier.open(WEIGHTS.resolve("resnet20-12fca82f.th"));
                var _ = Scope.open()) {
            Tensor grey = Tensor.zeros(DType.U8, 1, 1, 32, 32);
            assertThrows(IllegalArgumentException.class, () -> classifier.read(grey));
        }
        Path lenet = DATA.resolve("checkpoints/mnist-lenet/khushbujpatel-lenet_mnist-mnist_cnn.pt");
        var error = assertThrows(FormatException.class, () -> CifarClassifier.open(lenet));
        assertTrue(error.getMessage().contains("conv1.weight"), error.getMessage());
    }
}
