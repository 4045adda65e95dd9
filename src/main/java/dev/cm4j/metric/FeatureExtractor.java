package dev.cm4j.metric;

import dev.cm4j.tensor.Tensor;

/**
 * A network through whose eyes pictures are compared.
 *
 * <p>Numbers of different extractors, or of one extractor with other weights, cannot be compared.
 */
public interface FeatureExtractor extends AutoCloseable {

    /**
     * What the Fréchet distance of these features is called.
     *
     * @return {@code fid}, {@code fid-digits} or {@code fid-cifar-resnet}
     */
    String distanceName();

    /**
     * What is seen, for the protocol of a number.
     *
     * @return such as {@code 2048 features of Inception-v3}
     */
    String protocol();

    /**
     * Length of a feature vector.
     *
     * @return positive
     */
    int features();

    /**
     * Length of a spatial feature vector.
     *
     * @return 0 where there is none
     */
    int spatialFeatures();

    /**
     * Number of classes it tells apart.
     *
     * @return at least 2
     */
    int classes();

    /**
     * Whether its classes are those that pictures are labelled with.
     *
     * @return false where a label says nothing of the class seen
     */
    boolean knowsLabels();

    /**
     * Which network with which weights this is.
     *
     * @return SHA-256, 64 hexadecimal digits, after the rule by which pictures reach the network
     */
    String identity();

    /**
     * Looks at pictures.
     *
     * @param pixels [n, C, H, W] u8, as a file would hold them
     * @return what it sees
     * @throws IllegalArgumentException if it cannot see pictures of this shape or type
     */
    Reading read(Tensor pixels);

    /** Frees the weights, where they are native. */
    @Override
    void close();
}
