package dev.cm4j.cli;

import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Which recipe, and what is different from it. */
final class PresetOptions {

    private static final String USUAL = "digits";

    /** The two ways of Song et al. 2023 by their own words. */
    private static final Map<String, String> MODES =
            Map.of("distillation", "cd", "isolation", "ct");

    private static final List<String> CLASSES = List.of("network.classes", "data.class_names");

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
        return load(List.of());
    }

    /**
     * As above, with more changes.
     *
     * @param more {@code key=value}, applied last
     */
    Preset load(List<String> more) {
        return Presets.named(name(), Stream.concat(overrides().stream(), more.stream()).toList());
    }

    /** The name of the recipe; one that is for the method already is taken as it is. */
    private String name() {
        String base = preset.orElse(USUAL);
        return method.map(m -> "-" + MODES.getOrDefault(m, m))
                .filter(suffix -> !base.endsWith(suffix))
                .map(base::concat)
                .orElse(base);
    }

    /** Whether the classes were said here or in one's own file, rather than by a recipe. */
    boolean saysClasses() {
        return CLASSES.stream()
                .anyMatch(key ->
                        Presets.says(name(), key)
                                || overrides().stream()
                                        .anyMatch(o -> o.strip().startsWith(key + "=")));
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
