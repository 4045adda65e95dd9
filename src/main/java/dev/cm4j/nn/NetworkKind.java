package dev.cm4j.nn;

import java.util.Arrays;
import java.util.Locale;

/** The families of networks there are. */
public enum NetworkKind {
    /** ADM U-Nets: residual blocks and attention on a ladder of resolutions. */
    ADM,
    /**
     * The network of the first public re-implementation, {@link UNetConfig#seed}: pairs of
     * convolutions on three resolutions, without attention, classes and dropout.
     */
    SEED;

    /**
     * The kind of a name.
     *
     * @param key {@code adm} or {@code seed}
     * @throws IllegalArgumentException if there is none
     */
    public static NetworkKind named(String key) {
        return Arrays.stream(values())
                .filter(kind -> kind.key().equals(key))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "no network is of kind '%s': there are adm and seed"
                                        .formatted(key)));
    }

    /** Its name in configuration files and in {@code cm4j.h}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
