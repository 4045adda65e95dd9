package dev.cm4j.cli;

import dev.cm4j.sample.AncestralSampler;
import dev.cm4j.sample.ChurnConfig;
import dev.cm4j.sample.DdimSampler;
import dev.cm4j.sample.DeisSampler;
import dev.cm4j.sample.DiffusersSampler;
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
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Says how pictures were made, in the words of the options. */
final class SamplerWords {

    private static final int MOST_SHOWN = 12;

    private SamplerWords() {}

    /**
     * For a person: a long list of levels is cut short.
     *
     * @param sampler any
     * @return such as {@code heun 18 steps, 35 evaluations} or {@code multistep 80,0.8}
     */
    static String of(Sampler sampler) {
        return words(sampler, SamplerWords::some);
    }

    /** As {@link #of}, with every level, for who wants to make the same pictures. */
    static String whole(Sampler sampler) {
        return words(sampler, NumberList::words);
    }

    private static String some(List<Double> levels) {
        return levels.size() <= MOST_SHOWN
                ? NumberList.words(levels)
                : "%s,…,%s (%d levels)"
                        .formatted(
                                NumberList.words(levels.subList(0, 3)),
                                NumberList.words(List.of(levels.getLast())),
                                levels.size());
    }

    private static String words(Sampler sampler, Function<List<Double>, String> list) {
        return switch (sampler) {
            case OnestepSampler s -> "onestep " + NumberList.words(List.of(s.range().sigmaMax()));
            case MultistepSampler s -> "multistep " + list.apply(s.sigmas());
            case DiffusersSampler s -> "diffusers " + list.apply(s.sigmas());
            case GammaSampler s -> "gamma " + s.gamma() + " at " + list.apply(s.levels().sigmas());
            case EulerSampler s -> steps("euler", s.steps(), s);
            case HeunSampler s -> steps("heun" + churn(s.churn()), s.steps(), s);
            case DpmSampler s -> steps("dpm" + churn(s.churn()), s.steps(), s);
            case DpmFastSampler s -> "dpm-fast " + s.evaluations() + " evaluations";
            case DpmPlusSampler s -> steps("dpm++2m", s.steps(), s);
            case DeisSampler s -> steps("deis of order " + s.order(), s.steps(), s);
            case DdimSampler s -> steps("ddim eta " + s.eta(), s.steps(), s);
            case AncestralSampler s -> steps("ancestral", s.steps(), s);
            case ProgdistSampler s -> steps("progdist", s.steps(), s);
            case EarlyStopSampler s ->
                    "es-ddpm from " + words(s.first(), list) + " by " + words(s.rest(), list);
        };
    }

    private static String steps(String name, int steps, Sampler sampler) {
        return String.format(
                Locale.ROOT, "%s %d steps, %d evaluations", name, steps, sampler.evaluations());
    }

    private static String churn(ChurnConfig churn) {
        return churn.churn() == 0 ? "" : " churn " + churn.churn();
    }
}
