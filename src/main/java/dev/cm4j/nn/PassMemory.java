package dev.cm4j.nn;

/**
 * Native memory that one pass of a network takes, told without making the network. Sizes in bytes.
 *
 * <p>On the fast path the numbers are those of its plan, and what is listed stays with the network
 * for the next pass. On the plain path they follow from a model of what autograd keeps of each
 * layer, and end with the pass.
 *
 * @param parameters the flat vector of weights; that of gradients is as long
 * @param weights copies of the weights in the layouts of the kernels
 * @param activations what a backward pass reads; the output, where nothing is recorded
 * @param workspace what is needed beside them at the worst moment
 * @param exact whether this is the fast path
 */
public record PassMemory(
        long parameters, long weights, long activations, long workspace, boolean exact) {

    /**
     * A forward pass and its backward pass.
     *
     * @param config the network; pictures are of its size
     * @param precision its arithmetic
     * @param checkpointing whether the plain path recomputes what is inside blocks
     * @param images N, at least 1
     * @throws IllegalArgumentException if there are no images
     */
    public static PassMemory training(
            UNetConfig config, Precision precision, boolean checkpointing, int images) {
        return UNetNative.plan(config, precision, checkpointing, true, images);
    }

    /**
     * A forward pass of which nothing is kept.
     *
     * @param config the network; pictures are of its size
     * @param precision its arithmetic
     * @param images N, at least 1
     * @throws IllegalArgumentException if there are no images
     */
    public static PassMemory inference(UNetConfig config, Precision precision, int images) {
        return UNetNative.plan(config, precision, false, false, images);
    }

    /** What one pass takes beside parameters, gradients, input and output. */
    public long bytes() {
        return weights + activations + workspace;
    }
}
