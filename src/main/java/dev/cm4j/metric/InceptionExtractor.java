package dev.cm4j.metric;

import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.nn.Inception;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The Inception network of 2015 as FID, sFID, Inception Score, precision and recall use it.
 *
 * <pre>
 *   bytes → bilinear 299×299 as TensorFlow 1 does it: source = i · n/299, no half pixel
 *         → (v − 128) / 128 → network → pool 2048, spatial 2023, softmax of 1008
 * </pre>
 *
 * Grey pictures are seen as three equal channels. Belongs to the thread that opened it and keeps
 * its weights until closed. Source: Heusel et al. 2017, Dhariwal and Nichol 2021 (their evaluator).
 */
public final class InceptionExtractor implements FeatureExtractor {

    private static final int BATCH = 32; // pictures of 299×299 at a time: half a gigabyte

    private final Inception network;
    private final Precision precision;
    private final String sha256;

    private InceptionExtractor(Inception network, Precision precision, String sha256) {
        this.network = network;
        this.precision = precision;
        this.sha256 = sha256;
    }

    /**
     * Reads the weights.
     *
     * @param file state dict of the 2015 network, with plain names or those of {@code
     *     pt_inception-2015-12-05}
     * @param precision {@link Precision#F32} for published numbers; BF16 takes half the time where
     *     the processor knows it
     * @return the extractor, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if the file is damaged or another network's
     */
    public static InceptionExtractor open(Path file, Precision precision) {
        return new InceptionExtractor(
                ExtractorFile.read(
                        file,
                        "the Inception network of 2015",
                        weights -> Inception.of(weights, precision)),
                precision,
                FileDigest.sha256(file));
    }

    @Override
    public String distanceName() {
        return "fid";
    }

    @Override
    public String protocol() {
        return "2048 pool features of Inception-v3 (2015) of 8-bit pictures, TF1 bilinear to 299, "
                + (precision == Precision.F32 ? "float32" : "bfloat16");
    }

    @Override
    public int features() {
        return Inception.POOL;
    }

    @Override
    public int spatialFeatures() {
        return Inception.SPATIAL;
    }

    @Override
    public int classes() {
        return Inception.CLASSES;
    }

    @Override
    public boolean knowsLabels() {
        return false;
    }

    @Override
    public String identity() {
        return "tf1-bilinear " + precision + " " + sha256;
    }

    /**
     * Looks at pictures, in parts where there are many.
     *
     * @param pixels [n, 1 or 3, H, W] u8
     * @return pool features, probabilities without the last layer's bias, and spatial features
     * @throws IllegalArgumentException if dtype or shape do not fit
     */
    @Override
    public Reading read(Tensor pixels) {
        long[] shape = pixels.shape();
        if (pixels.dtype() != DType.U8
                || shape.length != 4
                || shape[0] == 0
                || (shape[1] != 1 && shape[1] != 3)) {
            throw new IllegalArgumentException(
                    "the Inception network reads u8 [N, 1 or 3, H, W], found "
                            + pixels.dtype()
                            + " "
                            + Arrays.toString(shape));
        }
        int count = (int) shape[0];
        float[] pool = new float[count * Inception.POOL];
        float[] spatial = new float[count * Inception.SPATIAL];
        float[] probabilities = new float[count * Inception.CLASSES];
        for (int first = 0; first < count; first += BATCH) {
            int part = Math.min(BATCH, count - first);
            try (var _ = Scope.open()) {
                Tensor x = pixels.narrow(0, first, part).to(DType.F32);
                Inception.Features seen = network.features(prepared(x));
                put(seen.pool(), pool, first);
                put(seen.spatial(), spatial, first);
                put(seen.logits().softmax(1), probabilities, first);
            }
        }
        return new Reading(count, pool, probabilities, spatial);
    }

    private static Tensor prepared(Tensor x) {
        Tensor large = Tf1Resize.bilinear(x, Inception.SIDE);
        Tensor unit = large.minus(128).dividedBy(128);
        return unit.expand(unit.size(0), 3, Inception.SIDE, Inception.SIDE);
    }

    private static void put(Tensor rows, float[] all, int first) {
        float[] part = rows.toFloats();
        System.arraycopy(part, 0, all, first * (part.length / (int) rows.size(0)), part.length);
    }

    @Override
    public void close() {
        network.close();
    }
}
