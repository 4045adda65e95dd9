package dev.cm4j.convert;

import dev.cm4j.nn.UNetConfig;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Whose names and conventions a state dict follows. */
public enum WeightLayout {
    /** openai/consistency_models: cm4j's own. */
    OPENAI("openai"),
    /** openai/guided-diffusion: the same names, attention as Conv1d and its rows by head. */
    GUIDED_DIFFUSION("guided-diffusion"),
    /** NVlabs/edm: DhariwalUNet, which becomes OpenAI's, and SongUNet. */
    EDM("edm"),
    /** locuslab/ect: the networks of EDM under their names. */
    ECT("ect"),
    /** cloneofsimo/consistency_models, the smallest known network. */
    CLONEOFSIMO("cloneofsimo"),
    /** NVlabs/edm2: {@code UNet}, or the {@code Precond} around it. */
    EDM2("edm2");

    private final String key;

    WeightLayout(String key) {
        this.key = key;
    }

    /** Its name on the command line. */
    public String key() {
        return key;
    }

    /**
     * The layout that converted files of a network have.
     *
     * @param network any network
     */
    public static WeightLayout of(UNetConfig network) {
        return switch (network.kind()) {
            case ADM -> OPENAI;
            case SEED -> CLONEOFSIMO;
            case DDPMPP, NCSNPP -> EDM;
            case EDM2 -> EDM2;
        };
    }

    /**
     * The layout of a name.
     *
     * @param key such as {@code guided-diffusion}
     * @throws IllegalArgumentException listing the names there are
     */
    public static WeightLayout named(String key) {
        for (WeightLayout layout : values()) {
            if (layout.key.equals(key.toLowerCase(Locale.ROOT))) {
                return layout;
            }
        }
        throw new IllegalArgumentException(
                "no layout '%s': there are %s"
                        .formatted(
                                key,
                                String.join(
                                        ", ", Arrays.stream(values()).map(l -> l.key).toList())));
    }

    /**
     * What a set of names is, as far as one can see, where it is none of these or needs a word.
     *
     * @param names tensor names, prefixes stripped
     * @return a phrase that names the network; empty for OpenAI's names and for unknown ones
     */
    static Optional<Foreign> foreign(Set<String> names) {
        if (names.contains("input_blocks.0.0.weight")) {
            return Optional.empty();
        }
        if (any(names, "(net\\.|unet\\.|model\\.)*+emb_fourier\\..*")
                || any(names, ".*\\.conv_res0\\..*")) {
            return Optional.of(Foreign.EDM2);
        }
        if (any(names, "(model\\.)?enc\\.\\d+x\\d+_(conv|aux_.*)\\..*")) {
            return Optional.of(
                    any(names, "(model\\.)?out_norm\\.weight") ? Foreign.EDM : Foreign.SONG);
        }
        if (names.contains("conv_in.weight") && any(names, "down_blocks\\.0\\..*")) {
            return Optional.of(Foreign.DIFFUSERS);
        }
        if (names.contains("down.0.weight") && names.contains("time_downs.0.weight")) {
            return Optional.of(Foreign.CLONEOFSIMO);
        }
        return Optional.empty();
    }

    private static boolean any(Set<String> names, String pattern) {
        return names.stream().anyMatch(name -> name.matches(pattern));
    }

    /** Networks that are recognised by their names. */
    enum Foreign {
        EDM("a DhariwalUNet of NVlabs/edm", "--from edm, or --from ect for a consistency model"),
        SONG(
                "a SongUNet (DDPM++ or NCSN++) of NVlabs/edm",
                "--from edm, or --from ect for a consistency model"),
        EDM2("a network of NVlabs/edm2", "--from edm2"),
        CLONEOFSIMO("the network of cloneofsimo/consistency_models", "--from cloneofsimo"),
        DIFFUSERS(
                "tensors under diffusers' names without their config.json",
                "the folder they lie in");

        private final String what;
        private final String advice;

        Foreign(String what, String advice) {
            this.what = what;
            this.advice = advice;
        }

        String what() {
            return what;
        }

        String advice() {
            return advice;
        }
    }
}
