package dev.cm4j.convert;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.QkvOrder;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Whether the values of attention weights speak for another order of q, k and v than was taken.
 *
 * <p>Training gives the rows of q, k and v different lengths: v is tied to the output, q and k only
 * to each other. So in the true order the part a row belongs to explains much of its length, in a
 * wrong one little. Measured is the share of the variance of ln ‖row‖ between the parts, averaged
 * over all attentions. Untrained weights have none in any order, and then nothing is said.
 */
final class QkvEvidence {

    private static final double CLEAR = 0.10;
    private static final double RATIO = 3;
    private static final String WEIGHT = ".qkv.weight";

    private QkvEvidence() {}

    /**
     * Compares the orders.
     *
     * @param entries weights in OpenAI's names
     * @param heads heads of each attention by the name of its block
     * @param taken the order that {@code entries} are taken to be in
     * @return a warning with the numbers, where another order explains the values far better
     */
    static Optional<String> against(
            Map<String, TensorEntry> entries, Map<String, Integer> heads, QkvOrder taken) {
        Map<QkvOrder, Double> share = new EnumMap<>(QkvOrder.class);
        heads.forEach((block, count) -> {
            TensorEntry weight = entries.get(block + WEIGHT);
            double[] lengths = logLengths(weight);
            for (QkvOrder order : QkvOrder.values()) {
                double explained = between(lengths, order, count, lengths.length / 3 / count);
                share.merge(order, explained / heads.size(), Double::sum);
            }
        });
        if (share.isEmpty()) {
            return Optional.empty();
        }
        QkvOrder best = taken;
        for (QkvOrder order : QkvOrder.values()) {
            best = share.get(order) > share.get(best) ? order : best;
        }
        if (best == taken
                || share.get(best) < CLEAR
                || share.get(best) < RATIO * share.get(taken)) {
            return Optional.empty();
        }
        return Optional.of(
                String.format(
                        Locale.ROOT,
                        "the attention weights look as if in %s order, not %s: q, k and v explain %.0f %% of the differences in row length in that order and %.0f %% in this one; a wrong order gives bad pictures and no error (--qkv-order)",
                        best.key(),
                        taken.key(),
                        100 * share.get(best),
                        100 * share.get(taken)));
    }

    /** ln ‖row‖ of each row; rows of zeros count as the smallest length. */
    private static double[] logLengths(TensorEntry weight) {
        int rows = (int) weight.shape()[0];
        long columns = weight.elementCount() / rows;
        double[] lengths = new double[rows];
        for (int row = 0; row < rows; row++) {
            double sum = 0;
            for (long i = 0; i < columns; i++) {
                double value = Elements.get(weight.data(), weight.dtype(), row * columns + i);
                sum += value * value;
            }
            lengths[row] = Math.log(Math.max(sum, 1e-30)) / 2;
        }
        return lengths;
    }

    /** Share of the variance that lies between q, k and v, in [0, 1]. */
    private static double between(double[] values, QkvOrder order, int heads, int width) {
        double mean = 0;
        double[] parts = new double[3];
        for (int row = 0; row < values.length; row++) {
            mean += values[row] / values.length;
            parts[QkvRows.part(order, heads, width, row)] += values[row] / (values.length / 3.0);
        }
        double total = 0;
        for (double value : values) {
            total += (value - mean) * (value - mean) / values.length;
        }
        double between = 0;
        for (double part : parts) {
            between += (part - mean) * (part - mean) / 3;
        }
        return total < 1e-20 ? 0 : between / total;
    }
}
