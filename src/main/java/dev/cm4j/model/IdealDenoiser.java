package dev.cm4j.model;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Layers;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The denoiser with the least error on a set of images: the mean of all that may lie behind a noisy
 * one.
 *
 * <pre>
 *   D(x; σ) = Σ_k w_k y_k,   w = softmax_k(−‖x − y_k‖² / 2σ²)
 * </pre>
 *
 * <p>The sum runs over the images of the class asked for, or over all where there is none. Nothing
 * is learnt, and nothing is estimated from a sample: it is E[x₀ | x] when x₀ is one of the images.
 * Beside a network it is the teacher that knows its data by heart, so it serves training, not
 * sampling: its trajectories end in the images themselves.
 *
 * <p>Keeps all images as float32 until closed. Belongs to the thread that made it.
 *
 * <p>Source: Karras et al. 2022, appendix B.3, equation 57.
 */
public final class IdealDenoiser implements Denoiser, AutoCloseable {

    private final Scope keeper;
    private final Tensor images; // [K, D], in the order of the classes
    private final Tensor halfNorms; // ‖y‖²/2 [1, K]
    private final int[] starts; // of each class, and the end

    private IdealDenoiser(Scope keeper, Tensor images, Tensor halfNorms, int[] starts) {
        this.keeper = keeper;
        this.images = images;
        this.halfNorms = halfNorms;
        this.starts = starts;
    }

    /**
     * Copies images to a device.
     *
     * @param images y [K, C, H, W], float32 in [−1, 1], those of class 0 first, then those of class
     *     1 and so on
     * @param classSizes how many there are of each class; one number where there are no classes
     * @param device where it shall compute
     * @return the denoiser, the caller's to close
     * @throws IllegalArgumentException if the sizes do not add up to K
     */
    public static IdealDenoiser of(Tensor images, List<Integer> classSizes, Device device) {
        var starts = new int[classSizes.size() + 1];
        for (int c = 0; c < classSizes.size(); c++) {
            starts[c + 1] = starts[c] + classSizes.get(c);
        }
        if (starts[classSizes.size()] != images.size(0)) {
            throw new IllegalArgumentException(
                    "classes of %s images do not share out %d images"
                            .formatted(classSizes, images.size(0)));
        }
        var keeper = Scope.keeper();
        try (var _ = Scope.open()) {
            var rows = images.to(device).reshape(images.size(0), -1).copy();
            var half = rows.square().sum(1).times(0.5).reshape(1, -1);
            return new IdealDenoiser(keeper, rows.escapeTo(keeper), half.escapeTo(keeper), starts);
        } catch (RuntimeException e) {
            keeper.close();
            throw e;
        }
    }

    /**
     * The mean of the images behind each noisy one.
     *
     * @param x noisy images [N, C, H, W], float32, borrowed
     * @param sigma noise level of each [N], positive
     * @param labels class of each [N]; the number after the last class stands for none, as does
     *     empty
     * @throws IllegalArgumentException if a level is not positive, there is no image of a class, or
     *     the images have another size
     */
    @Override
    public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels) {
        var rows = x.reshape(x.size(0), -1); // [N, D]
        var precision = precision(sigma, rows); // 1/σ² [N, 1]
        if (rows.size(1) != images.size(1)) {
            throw new IllegalArgumentException(
                    "noisy images of %d numbers, the ideal denoiser knows images of %d"
                            .formatted(rows.size(1), images.size(1)));
        }
        var classes = classes(labels, sigma.length);
        var means = new ArrayList<Tensor>();
        var place = new int[sigma.length]; // of each image among the means
        int done = 0;
        for (var label : Arrays.stream(classes).distinct().toArray()) {
            var members =
                    IntStream.range(0, classes.length).filter(n -> classes[n] == label).toArray();
            var index = Rows.index(members, x.device());
            means.add(mean(rows.indexSelect(0, index), precision.indexSelect(0, index), label));
            for (int n : members) {
                place[n] = done++;
            }
        }
        return Tensor.cat(0, means)
                .indexSelect(0, Rows.index(place, x.device()))
                .reshape(x.shape());
    }

    /** Σ_k w_k y_k over the images of a class; ‖x‖² is the same for all of them and left out. */
    private Tensor mean(Tensor x, Tensor precision, int label) {
        boolean all = label == starts.length - 1;
        int start = all ? 0 : starts[label];
        int size = (all ? starts[label] : starts[label + 1]) - start;
        var y = images.narrow(0, start, size); // [k, D]
        var closeness = Layers.linear(x, y, Optional.empty()); // x·y [n, k]
        var logits = closeness.minus(halfNorms.narrow(1, start, size)).times(precision);
        return logits.softmax(1).matmul(y); // [n, D]
    }

    private static Tensor precision(double[] sigma, Tensor x) {
        if (!Arrays.stream(sigma).allMatch(level -> level > 0)) {
            throw new IllegalArgumentException(
                    "the ideal denoiser needs positive noise levels, found "
                            + Arrays.toString(sigma));
        }
        return PerSample.column(Arrays.stream(sigma).map(s -> 1 / (s * s)).toArray(), x);
    }

    private int[] classes(Optional<Tensor> labels, int count) {
        int none = starts.length - 1;
        var classes =
                labels.map(known -> Arrays.stream(known.to(Device.CPU).toLongs()))
                        .map(known -> known.mapToInt(Math::toIntExact).toArray())
                        .orElseGet(() -> IntStream.generate(() -> none).limit(count).toArray());
        for (int label : classes) {
            if (label < 0 || label > none || (label < none && starts[label] == starts[label + 1])) {
                throw new IllegalArgumentException(
                        "the ideal denoiser knows no image of class " + label);
            }
        }
        return classes;
    }

    @Override
    public Device device() {
        return images.device();
    }

    /**
     * Memory that it keeps.
     *
     * @param images K
     * @param numbers of each, C·H·W
     * @return in bytes
     */
    public static long bytes(long images, long numbers) {
        return DType.F32.bytes() * images * (numbers + 1);
    }

    /** Frees the images. */
    @Override
    public void close() {
        keeper.close();
    }
}
