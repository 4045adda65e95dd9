package dev.cm4j.cli;

import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which recipe, and what is different from it. */
final class PresetOptions {

    private static final String USUAL = "digits";

    /** The two ways of Song et al. 2023 by their own words. */
    private static final Map<String, String> MODES =
            Map.of("distillation", "cd", "isolation", "ct");

    @Option(
            names = {"-p", "--preset"},
            paramLabel = "NAME",
            description =
                    "Recipe: digits, mnist, cifar10, pictures64, another of models/ or a .yaml"
                            + " file (default: digits).")
    private Optional<String> preset = Optional.empty();

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description =
                    "edm, cd, ct, pd, kd, ict, ect, sct, scd, cd-continuous or ct-continuous: take"
                            + " the recipe PRESET-NAME, such as digits-cd. distillation is cd,"
                            + " isolation ct.")
    private Optional<String> method = Optional.empty();

    @Option(names = "--batch", paramLabel = "N", description = "Images of a step.")
    private Optional<Integer> batch = Optional.empty();

    @Option(names = "--lr", paramLabel = "R", description = "Learning rate.")
    private Optional<Double> learningRate = Optional.empty();

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Change any key of the recipe; may be repeated.")
    private List<String> set = new ArrayList<>();

    /** Whether a recipe was named. */
    boolean isNamed() {
        return preset.isPresent() || method.isPresent();
    }

    /**
     * The recipe with its changes.
     *
     * @throws IllegalArgumentException if there is none of that name, or a key does not fit
     */
    Preset load() {
        String name =
                preset.orElse(USUAL) + method.map(m -> "-" + MODES.getOrDefault(m, m)).orElse("");
        return Presets.named(name, overrides());
    }

    /** The changes, as {@code key=value}. */
    List<String> overrides() {
        List<String> all = new ArrayList<>();
        batch.ifPresent(n -> all.add("optim.batch_size=" + n));
        learningRate.ifPresent(r -> all.add("optim.learning_rate.start.peak=" + r));
        all.addAll(set);
        return all;
    }
}
