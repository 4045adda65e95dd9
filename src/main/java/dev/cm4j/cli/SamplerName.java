package dev.cm4j.cli;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Samplers as one types them, and the options that belong to each. */
enum SamplerName {
    ONESTEP("onestep"),
    MULTISTEP("multistep", "--sigmas", "--timesteps", "--middle"),
    GAMMA("gamma", "--sigmas", "--timesteps", "--middle", "--gamma"),
    EULER("euler"),
    HEUN("heun", "--churn", "--churn-range", "--churn-noise"),
    DPM("dpm", "--churn", "--churn-range", "--churn-noise"),
    DPM_FAST("dpm-fast"),
    DPM_PLUS("dpm++2m"),
    DEIS("deis", "--order"),
    DDIM("ddim", "--eta"),
    ANCESTRAL("ancestral"),
    PROGDIST("progdist"),
    ES_DDPM("es-ddpm", "--from", "--from-sigma", "--eta");

    private final String typed;
    private final Set<String> options;

    SamplerName(String typed, String... options) {
        this.typed = typed;
        this.options = Set.of(options);
    }

    /** Whether an option means something to this sampler. */
    boolean takes(String option) {
        return options.contains(option);
    }

    /** Whether its noise levels are a list and not a grid. */
    boolean listsLevels() {
        return this == ONESTEP || this == MULTISTEP || this == GAMMA;
    }

    /** The samplers an option means something to, as typed. */
    static String takers(String option) {
        return Arrays.stream(values())
                .filter(name -> name.takes(option))
                .map(SamplerName::toString)
                .collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return typed;
    }

    /** Reads what was typed. */
    static final class Converter implements ITypeConverter<SamplerName> {
        @Override
        public SamplerName convert(String text) {
            return Arrays.stream(values())
                    .filter(name -> name.typed.equalsIgnoreCase(text))
                    .findFirst()
                    .orElseThrow(() ->
                            new TypeConversionException(
                                    "'"
                                            + text
                                            + "' is no sampler; choose one of: "
                                            + Arrays.stream(values())
                                                    .map(SamplerName::toString)
                                                    .collect(Collectors.joining(", "))));
        }
    }
}
