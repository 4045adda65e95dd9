package dev.cm4j.data;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The order of training: which images make up step k, for every k.
 *
 * <p>Nothing is remembered between calls. The run's sample number g = k·B + s is position g mod n
 * of epoch ⌊g / n⌋, whose order depends on (seed, epoch); whether an image is mirrored depends on
 * (seed, epoch, index). So a resumed run sees what an uninterrupted one sees. Batches run across
 * the ends of epochs.
 */
public final class Batches {

    /** Name of the algorithm behind the order, for checkpoints. */
    public static final String SHUFFLE = Permutation.ALGORITHM;

    private static final double HALF_RANGE = 127.5; // v / 127.5 − 1 maps bytes to [−1, 1]
    private static final long FLIPS = 0x666C697073L; // tells the flips' hash from the order's

    private final Dataset dataset;
    private final int batchSize;
    private final long seed;
    private final boolean flips;

    /**
     * An endless sequence of batches.
     *
     * @param dataset the images, which must outlive this
     * @param batchSize B, at least 1
     * @param seed of the order and the flips
     * @param flips whether half of the images are mirrored left to right
     * @throws IllegalArgumentException if the batch or the data set is empty
     */
    public Batches(Dataset dataset, int batchSize, long seed, boolean flips) {
        if (batchSize < 1 || dataset.size() < 1) {
            throw new IllegalArgumentException(
                    "batches of %d out of %d images".formatted(batchSize, dataset.size()));
        }
        this.dataset = dataset;
        this.batchSize = batchSize;
        this.seed = seed;
        this.flips = flips;
    }

    /**
     * Images per step.
     *
     * @return B
     */
    public int batchSize() {
        return batchSize;
    }

    /**
     * Where the images come from.
     *
     * @return the data set
     */
    public Dataset dataset() {
        return dataset;
    }

    /**
     * The batch of a step.
     *
     * @param step k, at least 0
     * @return B images, owned by the innermost open scope
     */
    public Batch at(long step) {
        return range(Math.multiplyExact(step, (long) batchSize), batchSize);
    }

    /**
     * Consecutive samples of the run, such as a part of a batch.
     *
     * @param firstSample number of the first, at least 0
     * @param count how many, at least 1
     * @return the images, owned by the innermost open scope
     * @throws IllegalArgumentException if a number is out of range
     */
    public Batch range(long firstSample, int count) {
        if (firstSample < 0 || count < 1) {
            throw new IllegalArgumentException(
                    count + " samples from number " + firstSample + " on");
        }
        int[] indices = indices(firstSample, count);
        Scope outer = Scope.current();
        try (var _ = Scope.open()) {
            Tensor bytes = gather(indices);
            Tensor images = mirror(bytes, firstSample, indices).to(DType.F32);
            images = images.dividedBy(HALF_RANGE).minus(1).escapeTo(outer);
            return new Batch(images, labels(indices, outer), firstSample);
        }
    }

    /**
     * Which images of the data set consecutive samples are.
     *
     * @param firstSample number of the first in the run
     * @param count how many
     * @return their indices, a new array
     */
    public int[] indices(long firstSample, int count) {
        int size = dataset.size();
        int[] indices = new int[count];
        long epoch = -1;
        Permutation order = null;
        for (int s = 0; s < count; s++) {
            long sample = firstSample + s;
            if (order == null || sample / size != epoch) {
                epoch = sample / size;
                order = new Permutation(seed, epoch, size);
            }
            indices[s] = order.at((int) (sample % size));
        }
        return indices;
    }

    /** The images as bytes [N, C, H, W]. */
    private Tensor gather(int[] indices) {
        long[] shape = {
            dataset.size(), dataset.channels(), dataset.height(), dataset.width(),
        };
        Optional<MemorySegment> pixels = dataset.pixels();
        if (pixels.isPresent()) {
            long[] rows = IntStream.of(indices).asLongStream().toArray();
            return Tensor.wrap(pixels.orElseThrow(), DType.U8, shape)
                    .indexSelect(0, Tensor.of(rows));
        }
        shape[0] = indices.length;
        long bytes = (long) dataset.channels() * dataset.height() * dataset.width();
        try (var arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(bytes * indices.length);
            EachIndex.of(
                    indices.length,
                    i -> dataset.read(indices[i], memory.asSlice(i * bytes, bytes)));
            return Tensor.copyOf(memory, DType.U8, shape);
        }
    }

    private Tensor mirror(Tensor images, long firstSample, int[] indices) {
        if (!flips) {
            return images;
        }
        byte[] chosen = new byte[indices.length];
        for (int s = 0; s < chosen.length; s++) {
            long epoch = (firstSample + s) / dataset.size();
            chosen[s] = (byte) (SplitMix.hash(seed ^ FLIPS, epoch, indices[s]) & 1);
        }
        Tensor mask = Tensor.of(chosen, chosen.length, 1, 1, 1).to(DType.BOOL);
        return Tensor.where(mask, images.flip(3), images);
    }

    private Optional<Tensor> labels(int[] indices, Scope outer) {
        if (dataset.classes() == 0) {
            return Optional.empty();
        }
        long[] labels = IntStream.of(indices).mapToLong(dataset::label).toArray();
        return Optional.of(Tensor.of(labels).escapeTo(outer));
    }
}
