package dev.cm4j.nn;

import java.util.Arrays;

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

    /**
     * The order of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static QkvOrder named(String key) {
        return Arrays.stream(values())
                .filter(order -> order.key.equals(key))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "no order of q, k and v is called '%s': there are three-head, head-three and head-dim-three"
                                        .formatted(key)));
    }

    /** Its name in configuration files and in {@code cm4j.h}. */
    public String key() {
        return key;
    }
}
