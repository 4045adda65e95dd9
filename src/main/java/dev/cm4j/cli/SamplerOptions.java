package dev.cm4j.cli;

import dev.cm4j.Generator;
import dev.cm4j.NoiseLevels;
import dev.cm4j.Request;
import dev.cm4j.sample.AncestralSampler;
import dev.cm4j.sample.ChurnConfig;
import dev.cm4j.sample.DdimSampler;
import dev.cm4j.sample.DeisSampler;
import dev.cm4j.sample.DiffusionSampler;
import dev.cm4j.sample.DpmFastSampler;
import dev.cm4j.sample.DpmPlusSampler;
import dev.cm4j.sample.DpmSampler;
import dev.cm4j.sample.EarlyStopSampler;
import dev.cm4j.sample.EulerSampler;
import dev.cm4j.sample.GammaSampler;
import dev.cm4j.sample.HeunSampler;
import dev.cm4j.sample.MiddleSigma;
import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.sample.OnestepSampler;
import dev.cm4j.sample.ProgdistSampler;
import dev.cm4j.sample.Sampler;
import dev.cm4j.schedule.NoiseRange;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Which way from noise to pictures, for every command that makes some. */
final class SamplerOptions {

    /** Reads the name of a level. */
    static final class MiddleConverter extends KebabConverter<MiddleSigma> {
        MiddleConverter() {
            super(MiddleSigma.class);
        }
    }

    @Mixin private LevelOptions levels;

    @Option(
            names = "--sampler",
            paramLabel = "NAME",
            converter = SamplerName.Converter.class,
            description = {
                "For consistency models: onestep, multistep, gamma; for diffusion models:"
                        + " euler, heun, dpm, dpm-fast, dpm++2m, deis, ddim, ancestral, progdist,"
                        + " es-ddpm (default: multistep, or heun)."
            })
    private Optional<SamplerName> sampler;

    @Option(
            names = "--nfe",
            paramLabel = "N",
            description = "As many steps as fit into N evaluations of the network.")
    private Optional<Integer> evaluations;

    @Option(
            names = "--rho",
            paramLabel = "R",
            description = "Curvature of the grid of noise levels (default: the model's).")
    private Optional<Double> rho;

    @Option(
            names = "--middle",
            paramLabel = "NAME",
            converter = MiddleConverter.class,
            description =
                    "Published second level of two steps: ict-cifar10, ict-imagenet64, tcm, scm.")
    private Optional<MiddleSigma> middle;

    @Option(
            names = "--gamma",
            paramLabel = "G",
            description = "gamma: share of fresh noise, 0 (none, the default) to 1 (multistep).")
    private Optional<Double> gamma;

    @Option(
            names = "--eta",
            paramLabel = "E",
            description = "ddim, es-ddpm: 0 (deterministic, the default) to 1 (ancestral).")
    private Optional<Double> eta;

    @Option(
            names = "--order",
            paramLabel = "R",
            description = "deis: degree of the polynomial, 0 to 3 (default: 3).")
    private Optional<Integer> order;

    @Option(
            names = "--churn",
            paramLabel = "S",
            description = "heun, dpm: fresh noise over all steps (default: 0).")
    private Optional<Double> churn;

    @Option(
            names = "--churn-range",
            paramLabel = "LO,HI",
            converter = NumberList.Converter.class,
            description = "Noise levels that get it (default: all).")
    private Optional<NumberList> churnRange;

    @Option(
            names = "--churn-noise",
            paramLabel = "X",
            description = "Factor of that noise (default: 1).")
    private Optional<Double> churnNoise;

    @Option(
            names = "--from",
            paramLabel = "MODEL",
            description = "es-ddpm: the model whose pictures to start from.")
    private Optional<Path> from;

    @Option(
            names = "--from-sigma",
            paramLabel = "S",
            description = "es-ddpm: noise put on them (default: 2).")
    private Optional<Double> fromSigma;

    /**
     * @param spec the command, for a complaint
     * @return the levels asked for
     */
    NoiseLevels levels(CommandSpec spec) {
        return levels.levels(spec);
    }

    /** The model to start from, where one is named. */
    Optional<Path> from() {
        return from;
    }

    /**
     * Complains of what does not belong together, before anything is opened.
     *
     * @throws ParameterException naming the option
     */
    void check(CommandSpec spec) {
        boolean several = !(levels.levels(spec) instanceof NoiseLevels.Standard);
        if (evaluations.isPresent() && several) {
            throw wrong(spec, "--nfe excludes --steps, --sigmas and --timesteps");
        }
        if (middle.isPresent() && several) {
            throw wrong(spec, "--middle names the noise levels; leave out --steps and others");
        }
        belongs(spec, "--gamma", gamma.isPresent());
        belongs(spec, "--eta", eta.isPresent());
        belongs(spec, "--order", order.isPresent());
        belongs(spec, "--churn", churn.isPresent());
        belongs(spec, "--churn-range", churnRange.isPresent());
        belongs(spec, "--churn-noise", churnNoise.isPresent());
        belongs(spec, "--from", from.isPresent());
        belongs(spec, "--from-sigma", fromSigma.isPresent());
        if (sampler.isPresent()) {
            belongs(spec, "--middle", middle.isPresent());
            belongs(spec, "--sigmas", levels.levels(spec) instanceof NoiseLevels.Sigmas);
            belongs(spec, "--timesteps", levels.levels(spec) instanceof NoiseLevels.Timesteps);
        }
        if (sampler.equals(Optional.of(SamplerName.ES_DDPM)) && from.isEmpty()) {
            throw wrong(spec, "es-ddpm starts from another model's pictures; name it: --from");
        }
    }

    private void belongs(CommandSpec spec, String option, boolean given) {
        if (given && !sampler.map(name -> name.takes(option)).orElse(false)) {
            throw wrong(
                    spec,
                    "%s is for --sampler %s%s"
                            .formatted(
                                    option,
                                    SamplerName.takers(option),
                                    sampler.map(name -> ", not " + name).orElse("")));
        }
    }

    /**
     * The sampler asked for.
     *
     * @param generator the model it shall suit
     * @param other answers with the model to start from, for es-ddpm
     * @return empty where nothing was asked for: the model's own
     * @throws IllegalArgumentException if a number is out of range
     */
    Optional<Sampler> sampler(CommandSpec spec, Generator generator, Supplier<Generator> other) {
        refuseIdleRho(generator);
        NoiseRange own = generator.range();
        var range = new NoiseRange(own.sigmaMin(), own.sigmaMax(), rho.orElse(own.rho()));
        if (sampler.isPresent()) {
            return Optional.of(named(spec, sampler.get(), generator, range, other));
        }
        if (middle.isPresent()) {
            return Optional.of(middle.get().sampler(range));
        }
        if (evaluations.isPresent() || rho.isPresent()) {
            boolean diffusion = generator.sampler(Request.of(1)) instanceof DiffusionSampler;
            SamplerName usual = diffusion ? SamplerName.HEUN : SamplerName.MULTISTEP;
            return Optional.of(named(spec, usual, generator, range, other));
        }
        return Optional.empty();
    }

    /** Levels that are listed, by the model or by hand, lie on no grid that could be bent. */
    private void refuseIdleRho(Generator generator) {
        boolean listed =
                sampler.map(SamplerName::listsLevels)
                        .orElseGet(() ->
                                !(generator.sampler(Request.of(1)) instanceof DiffusionSampler));
        if (rho.isPresent() && listed && middle.isEmpty()) {
            throw new IllegalArgumentException(
                    "--rho bends the grid of a diffusion model's sampler or of --middle, and has no"
                            + " effect on a consistency model's levels; name them with --sigmas");
        }
    }

    private Sampler named(
            CommandSpec spec,
            SamplerName name,
            Generator generator,
            NoiseRange range,
            Supplier<Generator> other) {
        return switch (name) {
            case ONESTEP -> onestep(spec, range);
            case MULTISTEP -> multistep(spec, generator, range);
            case GAMMA -> new GammaSampler(multistep(spec, generator, range), gamma.orElse(0.0));
            case EULER -> new EulerSampler(steps(spec, 1, 0), range);
            case HEUN -> new HeunSampler(steps(spec, 2, 1), range, churn());
            case DPM -> new DpmSampler(steps(spec, 2, 0), range, churn());
            case DPM_FAST -> new DpmFastSampler(steps(spec, 1, 0), range);
            case DPM_PLUS -> new DpmPlusSampler(steps(spec, 1, 0), range);
            case DEIS -> new DeisSampler(steps(spec, 1, 0), range, order.orElse(3));
            case DDIM -> new DdimSampler(steps(spec, 1, 0), range, eta.orElse(0.0));
            case ANCESTRAL -> new AncestralSampler(steps(spec, 1, 0), range);
            case PROGDIST -> new ProgdistSampler(steps(spec, 1, 0), range);
            case ES_DDPM -> earlyStop(spec, range, other.get());
        };
    }

    private Sampler earlyStop(CommandSpec spec, NoiseRange range, Generator start) {
        double level = fromSigma.orElse(2.0);
        if (!(level > range.sigmaMin() && level <= range.sigmaMax())) {
            throw new IllegalArgumentException(
                    "--from-sigma must lie between %s and %s, but is %s"
                            .formatted(range.sigmaMin(), range.sigmaMax(), level));
        }
        Sampler first = start.sampler(Request.of(1));
        var low = new NoiseRange(range.sigmaMin(), level, range.rho());
        int steps = steps(spec, 1, -first.evaluations());
        return new EarlyStopSampler(
                start.model(), first, new DdimSampler(steps, low, eta.orElse(0.0)));
    }

    private Sampler onestep(CommandSpec spec, NoiseRange range) {
        if (levels.levels(spec) instanceof NoiseLevels.Steps steps && steps.count() != 1) {
            throw new IllegalArgumentException(
                    "onestep takes one step, not %d".formatted(steps.count()));
        }
        return new OnestepSampler(range);
    }

    private MultistepSampler multistep(CommandSpec spec, Generator generator, NoiseRange range) {
        if (middle.isPresent()) {
            return middle.get().sampler(range);
        }
        NoiseLevels asked =
                evaluations
                        .map(count -> (NoiseLevels) new NoiseLevels.Steps(count))
                        .orElseGet(() -> levels.levels(spec));
        return asked.sampler(generator.standard(), generator.grid());
    }

    /** Steps of a solver of {@code each} evaluations a step, less {@code saved} in all. */
    private int steps(CommandSpec spec, int each, int saved) {
        if (evaluations.isPresent()) {
            int steps = (evaluations.get() + saved) / each;
            if (steps < 1) {
                throw new IllegalArgumentException(
                        "no step fits into --nfe %d".formatted(evaluations.get()));
            }
            return steps;
        }
        return levels.levels(spec) instanceof NoiseLevels.Steps steps
                ? steps.count()
                : Generator.USUAL_STEPS;
    }

    private ChurnConfig churn() {
        double[] ends = {0, Double.POSITIVE_INFINITY};
        if (churnRange.isPresent()) {
            ends = churnRange.get().values();
            if (ends.length != 2) {
                throw new IllegalArgumentException(
                        "--churn-range takes two noise levels, such as 0.05,50");
            }
        }
        return new ChurnConfig(churn.orElse(0.0), ends[0], ends[1], churnNoise.orElse(1.0));
    }

    private static ParameterException wrong(CommandSpec spec, String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
