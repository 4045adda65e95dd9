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
     * @param checkpointing whether the network is told to recompute what is inside blocks
     * @param images N, at least 1
     * @throws IllegalArgumentException if there are no images
     */
    public static PassMemory training(
            UNetConfig config, Precision precision, boolean checkpointing, int images) {
        return UNetNative.plan(config, precision, false, checkpointing, true, images);
    }

    /**
     * A forward pass of which nothing is kept.
     *
     * @param config the network; pictures are of its size
     * @param precision its arithmetic
     * @param checkpointing whether the network is told to recompute, as for training
     * @param images N, at least 1
     * @throws IllegalArgumentException if there are no images
     */
    public static PassMemory inference(
            UNetConfig config, Precision precision, boolean checkpointing, int images) {
        return UNetNative.plan(config, precision, false, checkpointing, false, images);
    }

    /** Inference of a network that is not told to recompute. */
    public static PassMemory inference(UNetConfig config, Precision precision, int images) {
        return inference(config, precision, false, images);
    }

    /**
     * The same for a network that takes the plain path, as {@link UNet#plain} has it.
     *
     * @param config the network; pictures are of its size
     * @param recording whether a backward pass follows
     * @param checkpointing whether it recomputes what is inside blocks
     * @param images N, at least 1
     * @throws IllegalArgumentException if there are no images
     */
    public static PassMemory plain(
            UNetConfig config, boolean recording, boolean checkpointing, int images) {
        return UNetNative.plan(config, Precision.F32, true, checkpointing, recording, images);
    }

    /** What one pass takes beside parameters, gradients, input and output. */
    public long bytes() {
        return weights + activations + workspace;
    }
}
