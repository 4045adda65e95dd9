package dev.cm4j.foreign;

import java.util.Optional;

/**
 * Which native library and which LibTorch this Java code works with.
 *
 * @param abi {@code CM_ABI_VERSION} of the native library
 * @param compiledTorch the LibTorch release it was compiled against, "2.15.0"
 * @param runtimeTorch major · 100 + minor of the LibTorch found at run time, 0 where it cannot be
 *     asked
 */
record Versions(int abi, String compiledTorch, int runtimeTorch) {
    static final int OLDEST_TORCH = 211;
    static final int NEWEST_TORCH = 215;
    static final String OVERRIDE = "CM4J_IGNORE_TORCH_VERSION";

    /**
     * Why these do not fit, or empty where they do.
     *
     * @param expectedAbi the ABI this Java code was generated for
     * @param ignoreTorch whether the override of the LibTorch check is set; it never covers the ABI
     */
    Optional<String> mismatch(int expectedAbi, boolean ignoreTorch) {
        if (abi != expectedAbi) {
            return Optional.of(
                    ("the native library speaks ABI %d and this Java code speaks ABI %d; build both"
                                    + " from the same sources (mvn verify), or point CM4J_NATIVE at"
                                    + " the library that belongs to this version")
                            .formatted(abi, expectedAbi));
        }
        if (ignoreTorch) {
            return Optional.empty();
        }
        int compiled = compiledNumber();
        String remedy =
                " rebuild the native library against the LibTorch in use, point LIBTORCH at release "
                        + name(compiled)
                        + ", or set "
                        + OVERRIDE
                        + "=1 to try all the same";
        if (runtimeTorch != 0 && runtimeTorch != compiled) {
            return Optional.of(
                    "the native library was compiled against LibTorch %s and runs with LibTorch %s;%s"
                            .formatted(compiledTorch, name(runtimeTorch), remedy));
        }
        if (compiled < OLDEST_TORCH || compiled > NEWEST_TORCH) {
            return Optional.of(
                    "LibTorch %s is outside the supported releases %s to %s; use one of those, or set %s=1"
                            .formatted(
                                    compiledTorch,
                                    name(OLDEST_TORCH),
                                    name(NEWEST_TORCH),
                                    OVERRIDE));
        }
        return Optional.empty();
    }

    private int compiledNumber() {
        String[] parts = compiledTorch.split("\\.");
        try {
            return Integer.parseInt(parts[0]) * 100 + Integer.parseInt(parts[1]);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new NativeLibraryException(
                    "the native library names its LibTorch '"
                            + compiledTorch
                            + "', expected 2.15.0 or alike",
                    e);
        }
    }

    private static String name(int number) {
        return number / 100 + "." + number % 100;
    }
}
