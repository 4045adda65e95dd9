package dev.cm4j.compare;

import dev.cm4j.Generator;
import dev.cm4j.NoiseLevels;
import dev.cm4j.Request;
import dev.cm4j.sample.AncestralSampler;
import dev.cm4j.sample.ChurnConfig;
import dev.cm4j.sample.DdimSampler;
import dev.cm4j.sample.DeisSampler;
import dev.cm4j.sample.DpmFastSampler;
import dev.cm4j.sample.DpmPlusSampler;
import dev.cm4j.sample.DpmSampler;
import dev.cm4j.sample.EarlyStopSampler;
import dev.cm4j.sample.EulerSampler;
import dev.cm4j.sample.GammaSampler;
import dev.cm4j.sample.HeunSampler;
import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.sample.OnestepSampler;
import dev.cm4j.sample.ProgdistSampler;
import dev.cm4j.sample.Sampler;
import dev.cm4j.schedule.NoiseRange;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A sampler at several numbers of evaluations.
 *
 * @param sampler its name, as {@code cm4j sample --sampler} has it
 * @param nfe evaluations of the network allowed a picture; as many steps are taken as fit
 * @param steps or numbers of steps; one of the two, but for onestep
 * @param eta ddim, es-ddpm: 0 (deterministic, absent) to 1
 * @param order deis: degree of the polynomial, 0 to 3 (absent: 3)
 * @param gamma gamma: share of fresh noise, 0 (absent) to 1
 * @param churn heun, dpm: fresh noise over all steps (absent: 0)
 * @param from es-ddpm: the entry whose pictures it starts from
 * @param fromSigma es-ddpm: noise put on them (absent: 2)
 */
public record SamplerConfig(
        String sampler,
        Optional<List<Integer>> nfe,
        Optional<List<Integer>> steps,
        Optional<Double> eta,
        Optional<Integer> order,
        Optional<Double> gamma,
        Optional<Double> churn,
        Optional<String> from,
        Optional<Double> fromSigma) {

    private static final String ONESTEP = "onestep";
    private static final String EARLY_STOP = "es-ddpm";
    private static final int FULL_ORDER = 3;
    private static final double USUAL_LEVEL = 2;
    private static final List<String> NAMES =
            List.of(
                    ONESTEP,
                    "multistep",
                    "gamma",
                    "euler",
                    "heun",
                    "dpm",
                    "dpm-fast",
                    "dpm++2m",
                    "deis",
                    "ddim",
                    "ancestral",
                    "progdist",
                    EARLY_STOP);

    /**
     * @throws IllegalArgumentException if there is no such sampler, or a key is not for it
     */
    public SamplerConfig {
        Names.requireKnown("sampler", sampler, NAMES);
        if (nfe.isPresent() && steps.isPresent()) {
            throw new IllegalArgumentException("nfe and steps exclude each other");
        }
        if (nfe.isEmpty() && steps.isEmpty() && !sampler.equals(ONESTEP)) {
            throw new IllegalArgumentException(
                    "%s needs nfe, such as [5, 10, 20], or steps".formatted(sampler));
        }
        if (counts(nfe, steps).stream().anyMatch(count -> count < 1)) {
            throw new IllegalArgumentException("nfe and steps are 1 or more");
        }
        belongs(sampler, "eta", eta.isPresent(), List.of("ddim", EARLY_STOP));
        belongs(sampler, "order", order.isPresent(), List.of("deis"));
        belongs(sampler, "gamma", gamma.isPresent(), List.of("gamma"));
        belongs(sampler, "churn", churn.isPresent(), List.of("heun", "dpm"));
        belongs(sampler, "from", from.isPresent(), List.of(EARLY_STOP));
        belongs(sampler, "from_sigma", fromSigma.isPresent(), List.of(EARLY_STOP));
        if (sampler.equals(EARLY_STOP) && from.isEmpty()) {
            throw new IllegalArgumentException(
                    "es-ddpm starts from another entry's pictures; name it with from");
        }
    }

    private static void belongs(String sampler, String key, boolean given, List<String> takers) {
        if (given && !takers.contains(sampler)) {
            throw new IllegalArgumentException(
                    "%s is for %s, not for %s".formatted(key, String.join(", ", takers), sampler));
        }
    }

    private static List<Integer> counts(
            Optional<List<Integer>> nfe, Optional<List<Integer>> steps) {
        return nfe.or(() -> steps).orElse(List.of(1));
    }

    /** The numbers of evaluations, or of steps. */
    List<Integer> counts() {
        return counts(nfe, steps);
    }

    /** The sampler with what makes it another, for a legend. */
    String label() {
        StringBuilder words = new StringBuilder(sampler);
        eta.filter(value -> value != 0).ifPresent(value -> words.append(" eta ").append(value));
        order.ifPresent(value -> words.append(" order ").append(value));
        gamma.ifPresent(value -> words.append(' ').append(value));
        churn.ifPresent(value -> words.append(" churn ").append(value));
        from.ifPresent(name -> words.append(" from ").append(name));
        fromSigma.ifPresent(value -> words.append(" at ").append(value));
        return words.toString();
    }

    /**
     * The sampler for one of the {@link #counts}.
     *
     * @param count evaluations or steps
     * @param generator the model it shall suit
     * @param start answers with the model to start from, for es-ddpm
     * @throws IllegalArgumentException if a number is out of range or the sampler suits other
     *     models
     */
    Sampler sampler(int count, Generator generator, Supplier<Generator> start) {
        NoiseRange range = generator.range();
        Sampler made =
                switch (sampler) {
                    case ONESTEP -> new OnestepSampler(range);
                    case "multistep" -> multistep(count, generator);
                    case "gamma" ->
                            new GammaSampler(multistep(count, generator), gamma.orElse(0.0));
                    case "euler" -> new EulerSampler(steps(count, 1, 0), range);
                    case "heun" -> new HeunSampler(steps(count, 2, 1), range, churned());
                    case "dpm" -> new DpmSampler(steps(count, 2, 0), range, churned());
                    case "dpm-fast" -> new DpmFastSampler(steps(count, 1, 0), range);
                    case "dpm++2m" -> new DpmPlusSampler(steps(count, 1, 0), range);
                    case "deis" ->
                            new DeisSampler(steps(count, 1, 0), range, order.orElse(FULL_ORDER));
                    case "ddim" -> new DdimSampler(steps(count, 1, 0), range, eta.orElse(0.0));
                    case "ancestral" -> new AncestralSampler(steps(count, 1, 0), range);
                    case "progdist" -> new ProgdistSampler(steps(count, 1, 0), range);
                    case EARLY_STOP -> earlyStop(count, range, start.get());
                    default -> throw new IllegalStateException(sampler + " is in no list");
                };
        return generator.sampler(Request.of(1).withSampler(made));
    }

    /**
     * The samplers for all {@link #counts}.
     *
     * @param generator the model they shall suit
     * @param start answers with the model to start from, for es-ddpm
     * @throws IllegalArgumentException if one of them does not suit, or is out of range
     */
    List<Sampler> samplers(Generator generator, Supplier<Generator> start) {
        return counts().stream().map(count -> sampler(count, generator, start)).toList();
    }

    private static MultistepSampler multistep(int count, Generator generator) {
        return new NoiseLevels.Steps(count).sampler(generator.standard(), generator.grid());
    }

    private ChurnConfig churned() {
        return new ChurnConfig(churn.orElse(0.0), 0, Double.POSITIVE_INFINITY, 1);
    }

    private Sampler earlyStop(int count, NoiseRange range, Generator start) {
        double level = fromSigma.orElse(USUAL_LEVEL);
        if (!(level > range.sigmaMin() && level <= range.sigmaMax())) {
            throw new IllegalArgumentException(
                    "from_sigma must lie between %s and %s, but is %s"
                            .formatted(range.sigmaMin(), range.sigmaMax(), level));
        }
        Sampler first = start.sampler(Request.of(1));
        var low = new NoiseRange(range.sigmaMin(), level, range.rho());
        int rest = steps(count, 1, -first.evaluations());
        return new EarlyStopSampler(
                start.model(), first, new DdimSampler(rest, low, eta.orElse(0.0)));
    }

    /** Steps of a solver of {@code each} evaluations a step, less {@code saved} in all. */
    private int steps(int count, int each, int saved) {
        if (nfe.isEmpty()) {
            return count;
        }
        int fit = (count + saved) / each;
        if (fit < 1) {
            throw new IllegalArgumentException(
                    "no step of %s fits into nfe %d".formatted(label(), count));
        }
        return fit;
    }
}
