package dev.cm4j;

import dev.cm4j.model.ModelKind;
import dev.cm4j.sample.ChurnConfig;
import dev.cm4j.sample.ConsistencySampler;
import dev.cm4j.sample.DiffusionSampler;
import dev.cm4j.sample.HeunSampler;
import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.sample.OnestepSampler;
import dev.cm4j.sample.Sampler;
import dev.cm4j.schedule.KarrasGrid;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which sampler a request means for a model.
 *
 * @param kind what the model is, where that is known
 * @param grid the model's training grid
 * @param standard the model's own lists of σ by their number of steps
 */
record SamplerChoice(
        Optional<ModelKind> kind, KarrasGrid grid, Map<Integer, List<Double>> standard) {

    /** The request's own sampler, if it suits the model, else what suits it at those levels. */
    Sampler of(Request request) {
        return request.sampler().map(this::fitting).orElseGet(() -> usual(request.levels()));
    }

    private Sampler fitting(Sampler sampler) {
        ModelKind meant =
                switch (sampler) {
                    case ConsistencySampler _ -> ModelKind.CONSISTENCY;
                    case DiffusionSampler _ -> ModelKind.DIFFUSION;
                };
        if (kind.isPresent() && kind.get() != meant) {
            throw new IllegalArgumentException(
                    "this sampler is for a %s, but the model is a %s; try %s"
                            .formatted(
                                    meant.words(),
                                    kind.get().words(),
                                    meant == ModelKind.DIFFUSION
                                            ? "onestep, multistep or gamma"
                                            : "heun, dpm++2m or deis"));
        }
        return sampler;
    }

    private Sampler usual(NoiseLevels levels) {
        if (kind.orElse(ModelKind.CONSISTENCY) == ModelKind.CONSISTENCY) {
            return drawingOnce(levels.sampler(standard, grid));
        }
        return switch (levels) {
            case NoiseLevels.Standard _ -> heun(Generator.USUAL_STEPS);
            case NoiseLevels.Steps steps -> heun(steps.count());
            case NoiseLevels.InferenceSteps steps -> heun(steps.count());
            case NoiseLevels.Sigmas _, NoiseLevels.Timesteps _, NoiseLevels.GridTimesteps _ ->
                    throw new IllegalArgumentException(
                            "noise levels are listed for consistency models, but this is a"
                                    + " diffusion model; give it a number of steps");
        };
    }

    private Sampler heun(int steps) {
        return new HeunSampler(steps, grid.range(), ChurnConfig.NONE);
    }

    /** One step needs no noise but the start, and a stream is left where diffusers leaves it. */
    private static ConsistencySampler drawingOnce(MultistepSampler sampler) {
        return sampler.evaluations() == 1 ? new OnestepSampler(sampler.range()) : sampler;
    }
}
