package dev.cm4j.cli;

import dev.cm4j.NoiseLevels;
import dev.cm4j.edit.LevelChoice;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * The three ways to say which noise levels a picture passes through.
 *
 * <p>The edits describe them in their own words, in {@code edit.properties}.
 */
final class LevelOptions {

    @Option(
            names = "--steps",
            paramLabel = "K",
            description = "Steps from noise to picture; more is slower and better.")
    private Optional<Integer> steps;

    @Option(
            names = "--sigmas",
            paramLabel = "LIST",
            converter = NumberList.Converter.class,
            description = "Or the noise levels themselves, falling: 80,0.8.")
    private Optional<NumberList> sigmas;

    @Option(
            names = "--timesteps",
            paramLabel = "LIST",
            converter = NumberList.Converter.class,
            description = "Or indices into a grid of --scales points: 0,22,39.")
    private Optional<NumberList> timesteps;

    @Option(
            names = "--scales",
            paramLabel = "N",
            defaultValue = "40",
            description = "Points of that grid (default: ${DEFAULT-VALUE}).")
    private int scales;

    /**
     * The levels of pictures from noise.
     *
     * @param spec the command, for a complaint
     * @return the levels asked for
     * @throws ParameterException if they were said in more than one way
     */
    NoiseLevels levels(CommandSpec spec) {
        requireOneWay(spec);
        if (steps.isPresent()) {
            return new NoiseLevels.Steps(steps.get());
        }
        if (sigmas.isPresent()) {
            return new NoiseLevels.Sigmas(values());
        }
        if (timesteps.isPresent()) {
            return new NoiseLevels.Timesteps(indices(spec), scales);
        }
        return new NoiseLevels.Standard();
    }

    /**
     * The levels of an edit.
     *
     * @param spec the command, for a complaint
     * @param first the first level where a number of steps is asked for, empty for the largest
     * @param usual number of steps where nothing is said
     * @return the levels asked for
     * @throws ParameterException if they were said in more than one way
     */
    LevelChoice choice(CommandSpec spec, Optional<Double> first, int usual) {
        requireOneWay(spec);
        if (first.isPresent() && named()) {
            throw new ParameterException(
                    spec.commandLine(), "--sigma begins the levels that --steps counts, no others");
        }
        if (sigmas.isPresent()) {
            return LevelChoice.sigmas(values());
        }
        if (timesteps.isPresent()) {
            return LevelChoice.timesteps(indices(spec), scales);
        }
        int count = steps.orElse(usual);
        return first.map(sigma -> LevelChoice.stepsFrom(sigma, count))
                .orElseGet(() -> LevelChoice.steps(count));
    }

    /** Whether the first level is named by a list. */
    boolean named() {
        return sigmas.isPresent() || timesteps.isPresent();
    }

    private void requireOneWay(CommandSpec spec) {
        if (Stream.of(steps, sigmas, timesteps).filter(Optional::isPresent).count() > 1) {
            throw new ParameterException(
                    spec.commandLine(), "--steps, --sigmas and --timesteps exclude each other");
        }
        IdleOptions.check(spec, List.of(new IdleOptions.Need("--scales", "--timesteps")));
    }

    private List<Double> values() {
        return Arrays.stream(sigmas.orElseThrow().values()).boxed().toList();
    }

    private List<Integer> indices(CommandSpec spec) {
        return Arrays.stream(Usage.check(spec, timesteps.orElseThrow()::whole)).boxed().toList();
    }
}
