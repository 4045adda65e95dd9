package dev.cm4j.metric;

import dev.cm4j.loss.Distance;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;

/**
 * How different pictures look from each other: the mean distance of picture 2i to picture 2i + 1.
 *
 * <p>High is varied, but noise is varied too: it stands beside a Fréchet distance, never alone.
 * Pairs follow the order in which pictures come, which for a model is that of its random noise.
 * Grey pictures are compared as three equal channels. One thread at a time.
 */
public final class LpipsDiversity {

    private static final int PAIRS = 16; // compared at a time: each picture is enlarged

    private final Distance distance;
    private Optional<byte[]> waiting = Optional.empty(); // a picture without a partner
    private double sum;
    private long pairs;

    /**
     * @param distance of pictures [N, 3, H, W] in [−1, 1], such as {@code Lpips}
     */
    public LpipsDiversity(Distance distance) {
        this.distance = distance;
    }

    /**
     * Adds pictures.
     *
     * @param pixels [n, 1 or 3, H, W] u8, always of one shape but for n
     */
    public void add(Tensor pixels) {
        long[] shape = pixels.shape();
        try (var _ = Scope.open()) {
            Tensor all = pixels;
            if (waiting.isPresent()) {
                Tensor first = Tensor.of(waiting.get(), 1, shape[1], shape[2], shape[3]);
                all = Tensor.cat(0, first, pixels);
            }
            long count = all.size(0);
            for (long first = 0; first + 1 < count; first += 2 * PAIRS) {
                compare(all.narrow(0, first, Math.min(2 * PAIRS, (count - first) / 2 * 2)));
            }
            waiting =
                    count % 2 == 0
                            ? Optional.empty()
                            : Optional.of(all.narrow(0, count - 1, 1).toBytes());
        }
    }

    private void compare(Tensor even) {
        try (var _ = Scope.open()) {
            long half = even.size(0) / 2;
            Tensor x = even.to(DType.F32).dividedBy(127.5).minus(1);
            x = x.expand(2 * half, 3, x.size(2), x.size(3)).contiguous();
            Tensor couples = x.reshape(half, 2, 3, x.size(2), x.size(3));
            Tensor d = distance.perSample(couples.select(1, 0), couples.select(1, 1));
            sum += d.to(DType.F64).sum().item();
            pairs += half;
        }
    }

    /** Number of pairs compared. */
    public long pairs() {
        return pairs;
    }

    /**
     * @return the mean distance
     * @throws IllegalArgumentException if fewer than two pictures were added
     */
    public double mean() {
        if (pairs == 0) {
            throw new IllegalArgumentException("diversity needs at least two pictures");
        }
        return sum / pairs;
    }
}
