package dev.cm4j;

import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.schedule.NoiseRange;
import java.util.List;
import java.util.Map;

/** The noise levels a picture passes through, in one of the ways people write them. */
public sealed interface NoiseLevels {

    /**
     * The sampler that visits them.
     *
     * @param standard the model's own lists of σ by their number of steps
     * @param range the model's noise range
     * @return the sampler
     * @throws IllegalArgumentException naming the rule the levels break
     */
    MultistepSampler sampler(Map<Integer, List<Double>> standard, NoiseRange range);

    /** The model's own choice: its list of two steps, else its shortest, else one step. */
    record Standard() implements NoiseLevels {
        @Override
        public MultistepSampler sampler(Map<Integer, List<Double>> standard, NoiseRange range) {
            int shortest = standard.keySet().stream().min(Integer::compare).orElse(1);
            return new Steps(standard.containsKey(2) ? 2 : shortest).sampler(standard, range);
        }
    }

    /**
     * So many evaluations: the model's own list of that length, else {@link
     * MultistepSampler#ofSteps}.
     *
     * @param count at least 1
     */
    record Steps(int count) implements NoiseLevels {
        @Override
        public MultistepSampler sampler(Map<Integer, List<Double>> standard, NoiseRange range) {
            return standard.containsKey(count)
                    ? MultistepSampler.atSigmas(standard.get(count), range)
                    : MultistepSampler.ofSteps(count, range);
        }
    }

    /**
     * Noise levels as numbers, such as 80, 0.8.
     *
     * @param values σ, falling from the range's largest
     */
    record Sigmas(List<Double> values) implements NoiseLevels {
        public Sigmas {
            values = List.copyOf(values);
        }

        @Override
        public MultistepSampler sampler(Map<Integer, List<Double>> standard, NoiseRange range) {
            return MultistepSampler.atSigmas(values, range);
        }
    }

    /**
     * Indices into a training grid: 0,22,39 of 40 as the original code writes them, or 22,0 as
     * diffusers does.
     *
     * @param indices rising from 0 to scales − 1, or falling to 0
     * @param scales N, points of the grid
     */
    record Timesteps(List<Integer> indices, int scales) implements NoiseLevels {
        public Timesteps {
            indices = List.copyOf(indices);
        }

        @Override
        public MultistepSampler sampler(Map<Integer, List<Double>> standard, NoiseRange range) {
            boolean rising = indices.size() > 1 && indices.getFirst() == 0;
            return rising
                    ? MultistepSampler.atIndices(indices, range.grid(scales))
                    : MultistepSampler.atTimesteps(indices, range.grid(scales));
        }
    }
}
