package dev.cm4j.nn;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The families of networks there are. */
public enum NetworkKind {
    /** ADM U-Nets: residual blocks and attention on a ladder of resolutions. */
    ADM,
    /**
     * The network of the first public re-implementation, {@link UNetConfig#seed}: pairs of
     * convolutions on three resolutions, without attention, classes and dropout.
     */
    SEED,
    /** DDPM++ as in NVlabs/edm, {@link UNetConfig#ddpmpp}: residual sums that keep their size. */
    DDPMPP,
    /**
     * NCSN++ as in NVlabs/edm, {@link UNetConfig#ncsnpp}: DDPM++ with Fourier features of the noise
     * level, a wider filter, and the picture itself beside each resolution of the encoder.
     */
    NCSNPP,
    /**
     * The magnitude-preserving network of Karras et al. 2023, {@link UNetConfig#edm2}: the ladder
     * of an ADM U-Net without biases and norms, whose weights are normalised in each pass. Recorded
     * passes of a training network bring its stored weights to unit magnitude first, once after
     * each change.
     */
    EDM2;

    /**
     * The kind of a name.
     *
     * @param key such as {@code adm}
     * @throws IllegalArgumentException if there is none
     */
    public static NetworkKind named(String key) {
        return Arrays.stream(values())
                .filter(kind -> kind.key().equals(key))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "no network is of kind '%s': there are %s"
                                        .formatted(
                                                key,
                                                Arrays.stream(values())
                                                        .map(NetworkKind::key)
                                                        .collect(Collectors.joining(", ")))));
    }

    /** Whether it is one of the two of Song et al. 2021 as in NVlabs/edm. */
    public boolean isSong() {
        return this == DDPMPP || this == NCSNPP;
    }

    /**
     * The order that rows of qkv have in weights of this kind as cm4j keeps them: that of the
     * program whose names they have.
     */
    public QkvOrder qkvOrder() {
        return switch (this) {
            case ADM, SEED -> QkvOrder.THREE_HEAD;
            case DDPMPP, NCSNPP, EDM2 -> QkvOrder.HEAD_DIM_THREE;
        };
    }

    /** Its name in configuration files and in {@code cm4j.h}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
