package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.loss.L2;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Measures through a network that sees the four quarters of a picture. */
@ExtendWith(NoLeaks.class)
class PictureScorerTest {

    private static final int SIDE = 4;

    /** Mean of each quarter; the brightest quarter is the class. */
    private static final class Quarters implements FeatureExtractor {
        @Override
        public String distanceName() {
            return "fid-quarters";
        }

        @Override
        public String protocol() {
            return "4 quarters";
        }

        @Override
        public int features() {
            return 4;
        }

        @Override
        public int spatialFeatures() {
            return 0;
        }

        @Override
        public int classes() {
            return 4;
        }

        @Override
        public boolean knowsLabels() {
            return true;
        }

        @Override
        public String identity() {
            return "quarters";
        }

        @Override
        public Reading read(Tensor pixels) {
            try (var _ = Scope.open()) {
                long n = pixels.size(0);
                Tensor x = pixels.to(DType.F32).dividedBy(255);
                Tensor means = x.reshape(n, 2, 2, 2, 2).mean(2, 4).reshape(n, 4);
                return new Reading(
                        (int) n,
                        means.toFloats(),
                        means.times(10).softmax(1).toFloats(),
                        new float[0]);
            }
        }

        @Override
        public void close() {}
    }

    private static final FeatureExtractor EYE = new Quarters();

    private static byte[] noise(int count, int most, long seed) {
        Random random = new Random(seed);
        byte[] bytes = new byte[count * SIDE * SIDE];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) random.nextInt(most);
        }
        return bytes;
    }

    private static PictureScore score(byte[] pictures, int batch, Set<Metric> metrics) {
        try (var _ = Scope.open()) {
            Tensor known = Tensor.of(noise(400, 256, 1), 400, 1, SIDE, SIDE);
            var statistics = new FeatureStatistics.Accumulator(4);
            statistics.add(EYE.read(known).features());
            var reference =
                    new Reference(
                            statistics.statistics(), Optional.empty(), EYE.read(known).features());
            var scorer = new PictureScorer(EYE, metrics, 300, Optional.of(new L2()));
            int count = pictures.length / SIDE / SIDE;
            Tensor all = Tensor.of(pictures, count, 1, SIDE, SIDE);
            for (int first = 0; first < count; first += batch) {
                scorer.add(all.narrow(0, first, Math.min(batch, count - first)));
            }
            return scorer.score(Optional.of(reference));
        }
    }

    @Test
    void equalPicturesAreNearAndOthersFar() {
        Set<Metric> metrics =
                EnumSet.of(Metric.FID, Metric.KID, Metric.PR, Metric.IS, Metric.LPIPS);
        PictureScore near = score(noise(400, 256, 2), 64, metrics);
        PictureScore far = score(noise(400, 100, 2), 64, metrics);
        assertEquals(400, near.count());
        assertTrue(value(near, "fid-quarters") < .01, near.toString());
        assertTrue(value(far, "fid-quarters") > .1, far.toString());
        assertTrue(value(near, "precision") > .8, near.toString());
        assertTrue(value(far, "recall") < .2, far.toString());
        assertTrue(value(far, "kid") > value(near, "kid") + .1, far.toString());
        assertTrue(value(near, "is") > 1.01, near.toString());
        // two uniform values on [-1, 1] differ by 2/3 in the mean square
        assertEquals(2 / 3.0, value(near, "lpips"), .03);
        assertTrue(
                near.values().stream()
                        .allMatch(value ->
                                value.protocol().contains("400")
                                        || value.protocol().contains("200 pairs")
                                        || value.protocol().contains("300 of")),
                near.toString());
    }

    @Test
    void batchesDoNotMatter() {
        Set<Metric> metrics =
                EnumSet.of(Metric.FID, Metric.KID, Metric.PR, Metric.IS, Metric.LPIPS);
        PictureScore whole = score(noise(401, 256, 5), 401, metrics);
        PictureScore parts = score(noise(401, 256, 5), 7, metrics);
        for (PictureScore.Value value : whole.values()) {
            assertEquals(value.value(), value(parts, value.name()), 1e-6, value.name());
        }
    }

    @Test
    void refusesWhatIsNotThere() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new PictureScorer(EYE, Set.of(Metric.SFID), 10, Optional.empty()));
        assertThrows(
                IllegalArgumentException.class,
                () -> new PictureScorer(EYE, Set.of(Metric.LPIPS), 10, Optional.empty()));
        var scorer = new PictureScorer(EYE, Set.of(Metric.FID), 10, Optional.empty());
        assertThrows(IllegalArgumentException.class, () -> scorer.score(Optional.empty()));
    }

    @Test
    void fewPicturesAreWarnedOf() {
        assertEquals("", PictureScore.note(50_000, 2048));
        assertTrue(PictureScore.note(10_000, 2048).contains("10,000"));
        assertTrue(PictureScore.note(2000, 2048).contains("singular"));
    }

    private static double value(PictureScore score, String name) {
        return score.value(name).orElseThrow();
    }
}
