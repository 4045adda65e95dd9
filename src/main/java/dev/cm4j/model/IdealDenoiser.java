package dev.cm4j.model;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

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
 * <p>Keeps all images as bytes until closed, and passes once over those of the classes asked for.
 * Belongs to the thread that made it.
 *
 * <p>Source: Karras et al. 2022, appendix B.3, equation 57.
 */
public final class IdealDenoiser implements Denoiser, AutoCloseable {

    private final Scope keeper;
    private final Tensor pixels; // [K, D], in the order of the classes
    private final Tensor halfNorms; // ‖y‖²/2 [K]
    private final int[] starts; // of each class, and the end

    private IdealDenoiser(Scope keeper, Tensor pixels, Tensor halfNorms, int[] starts) {
        this.keeper = keeper;
        this.pixels = pixels;
        this.halfNorms = halfNorms;
        this.starts = starts;
    }

    /**
     * Copies images to a device.
     *
     * @param pixels [K, C, H, W], u8, on the processor, of y = pixels/127.5 − 1; those of class 0
     *     first, then those of class 1 and so on
     * @param classSizes how many there are of each class; one number where there are no classes
     * @param device where it shall compute
     * @return the denoiser, the caller's to close
     * @throws IllegalArgumentException if the sizes do not add up to K, or it is not bytes
     */
    public static IdealDenoiser of(Tensor pixels, List<Integer> classSizes, Device device) {
        var starts = new int[classSizes.size() + 1];
        for (int c = 0; c < classSizes.size(); c++) {
            starts[c + 1] = starts[c] + classSizes.get(c);
        }
        if (starts[classSizes.size()] != pixels.size(0)) {
            throw new IllegalArgumentException(
                    "classes of %s images do not share out %d images"
                            .formatted(classSizes, pixels.size(0)));
        }
        if (pixels.dtype() != DType.U8) {
            throw new IllegalArgumentException(
                    "the ideal denoiser wants the bytes of images, found " + pixels.dtype());
        }
        var keeper = Scope.keeper();
        try (var _ = Scope.open()) {
            var rows = pixels.reshape(pixels.size(0), -1);
            return new IdealDenoiser(
                    keeper,
                    rows.to(device).copy().escapeTo(keeper),
                    Images.halfNorms(rows).to(device).escapeTo(keeper),
                    starts);
        } catch (RuntimeException e) {
            keeper.close();
            throw e;
        }
    }

    /**
     * The mean of the images behind each noisy one, without gradient.
     *
     * @param x noisy images [N, C, H, W], float32, borrowed
     * @param sigma noise level of each [N], positive
     * @param labels class of each [N]; the number after the last class stands for none, as does
     *     empty
     * @throws IllegalArgumentException if a level is not positive or its 1/σ² not finite, there is
     *     no image of a class, or the images have another size
     */
    @Override
    public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels) {
        var rows = x.reshape(x.size(0), -1); // [N, D]
        if (rows.size(1) != pixels.size(1)) {
            throw new IllegalArgumentException(
                    "noisy images of %d numbers, the ideal denoiser knows images of %d"
                            .formatted(rows.size(1), pixels.size(1)));
        }
        return Images.idealMeans(
                        rows, precisions(sigma), ranges(labels, sigma.length), pixels, halfNorms)
                .reshape(x.shape());
    }

    private static double[] precisions(double[] sigma) {
        if (!Arrays.stream(sigma).allMatch(level -> level > 0)) {
            throw new IllegalArgumentException(
                    "the ideal denoiser needs positive noise levels, found "
                            + Arrays.toString(sigma));
        }
        return Arrays.stream(sigma).map(s -> 1 / (s * s)).toArray();
    }

    /** First and last image of each one's class, or of all. */
    private long[] ranges(Optional<Tensor> labels, int count) {
        int none = starts.length - 1;
        var classes =
                labels.map(known -> known.to(Device.CPU).toLongs())
                        .orElseGet(() -> LongStream.generate(() -> none).limit(count).toArray());
        var ranges = new long[2 * classes.length];
        for (int n = 0; n < classes.length; n++) {
            long label = classes[n];
            if (label < 0 || label > none) {
                throw unknown(label);
            }
            int first = label == none ? 0 : starts[(int) label];
            int last = label == none ? starts[none] : starts[(int) label + 1];
            if (first == last) {
                throw unknown(label);
            }
            ranges[2 * n] = first;
            ranges[2 * n + 1] = last;
        }
        return ranges;
    }

    private static IllegalArgumentException unknown(long label) {
        return new IllegalArgumentException("the ideal denoiser knows no image of class " + label);
    }

    @Override
    public Device device() {
        return pixels.device();
    }

    /**
     * Memory that it keeps.
     *
     * @param images K
     * @param numbers of each, C·H·W
     * @return in bytes
     */
    public static long bytes(long images, long numbers) {
        return images * (numbers + DType.F32.bytes());
    }

    /** Frees the images. */
    @Override
    public void close() {
        keeper.close();
    }
}
