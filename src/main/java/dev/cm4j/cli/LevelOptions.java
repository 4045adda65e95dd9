package dev.cm4j.cli;

import dev.cm4j.NoiseLevels;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The three ways to say which noise levels a picture passes through. */
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
     * @param spec the command, for a complaint
     * @return the levels asked for
     * @throws ParameterException if they were said in more than one way
     */
    NoiseLevels levels(CommandSpec spec) {
        if (Stream.of(steps, sigmas, timesteps).filter(Optional::isPresent).count() > 1) {
            throw new ParameterException(
                    spec.commandLine(), "--steps, --sigmas and --timesteps exclude each other");
        }
        if (steps.isPresent()) {
            return new NoiseLevels.Steps(steps.get());
        }
        if (sigmas.isPresent()) {
            return new NoiseLevels.Sigmas(Arrays.stream(sigmas.get().values()).boxed().toList());
        }
        if (timesteps.isPresent()) {
            int[] indices = Usage.check(spec, timesteps.get()::whole);
            return new NoiseLevels.Timesteps(Arrays.stream(indices).boxed().toList(), scales);
        }
        return new NoiseLevels.Standard();
    }
}
