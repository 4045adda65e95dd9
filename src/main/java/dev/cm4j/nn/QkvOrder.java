package dev.cm4j.nn;

/**
 * How the channels of an attention's qkv convolution are laid out; a wrong order gives bad images
 * and no error.
 */
public enum QkvOrder {
    /** (q, k, v) × head × width: openai/consistency_models and diffusers. */
    THREE_HEAD("three-head"),
    /** head × (q, k, v) × width: the legacy order of openai/guided-diffusion. */
    HEAD_THREE("head-three"),
    /** head × width × (q, k, v): NVlabs/edm. */
    HEAD_DIM_THREE("head-dim-three");

    private final String key;

    QkvOrder(String key) {
        this.key = key;
    }

    /** Its name in configuration files and in {@code cm4j.h}. */
    public String key() {
        return key;
    }
}
