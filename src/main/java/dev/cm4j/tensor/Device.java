package dev.cm4j.tensor;

/**
 * Where the elements of a tensor are.
 *
 * @param index -1 the CPU, 0 and above a CUDA device
 */
public record Device(int index) {
    /** Main memory. */
    public static final Device CPU = new Device(-1);

    /**
     * @throws IllegalArgumentException if index is below -1
     */
    public Device {
        if (index < -1) {
            throw new IllegalArgumentException(
                    "device " + index + ": -1 is the CPU, 0 the first CUDA device");
        }
    }

    @Override
    public String toString() {
        return index < 0 ? "cpu" : "cuda:" + index;
    }
}
