package dev.cm4j.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The losses of a batch's samples beside their noise levels. */
final class NoiseLosses {

    private static final int QUARTERS = 4;

    private record Sample(double sigma, double loss) {}

    private final List<Sample> samples = new ArrayList<>();

    void add(double[] sigma, double[] losses) {
        for (int n = 0; n < sigma.length; n++) {
            samples.add(new Sample(sigma[n], losses[n]));
        }
    }

    double[] sigmas() {
        return samples.stream().mapToDouble(Sample::sigma).toArray();
    }

    double[] values() {
        return samples.stream().mapToDouble(Sample::loss).toArray();
    }

    double mean() {
        return samples.stream().mapToDouble(Sample::loss).average().orElse(Double.NaN);
    }

    /** The noise level of the first sample whose loss is not a finite number. */
    Optional<Double> firstNonFinite() {
        return samples.stream()
                .filter(sample -> !Double.isFinite(sample.loss()))
                .map(Sample::sigma)
                .findFirst();
    }

    /**
     * Mean loss of each quarter of the samples in order of noise; NaN for a quarter without any.
     */
    List<Double> quarters() {
        List<Sample> sorted =
                samples.stream().sorted(Comparator.comparingDouble(Sample::sigma)).toList();
        List<Double> means = new ArrayList<>();
        for (int q = 0; q < QUARTERS; q++) {
            int from = q * sorted.size() / QUARTERS;
            int to = (q + 1) * sorted.size() / QUARTERS;
            means.add(
                    sorted.subList(from, to).stream()
                            .mapToDouble(Sample::loss)
                            .average()
                            .orElse(Double.NaN));
        }
        return means;
    }
}
