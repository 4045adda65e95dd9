package dev.cm4j;

import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.schedule.KarrasGrid;
import java.util.List;
import java.util.Map;

/** The noise levels a picture passes through, in one of the ways people write them. */
public sealed interface NoiseLevels {

    /**
     * The sampler that visits them.
     *
     * @param standard the model's own lists of σ by their number of steps
     * @param grid the model's training grid, with its noise range
     * @return the sampler
     * @throws IllegalArgumentException naming the rule the levels break
     */
    MultistepSampler sampler(Map<Integer, List<Double>> standard, KarrasGrid grid);

    /** The model's own choice: its list of two steps, else its shortest, else one step. */
    record Standard() implements NoiseLevels {
        @Override
        public MultistepSampler sampler(Map<Integer, List<Double>> standard, KarrasGrid grid) {
            int shortest = standard.keySet().stream().min(Integer::compare).orElse(1);
            return new Steps(standard.containsKey(2) ? 2 : shortest).sampler(standard, grid);
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
        public MultistepSampler sampler(Map<Integer, List<Double>> standard, KarrasGrid grid) {
            return standard.containsKey(count)
                    ? MultistepSampler.atSigmas(standard.get(count), grid.range())
                    : MultistepSampler.ofSteps(count, grid.range());
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
        public MultistepSampler sampler(Map<Integer, List<Double>> standard, KarrasGrid grid) {
            return MultistepSampler.atSigmas(values, grid.range());
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
        public MultistepSampler sampler(Map<Integer, List<Double>> standard, KarrasGrid grid) {
            boolean rising = indices.size() > 1 && indices.getFirst() == 0;
            return rising
                    ? MultistepSampler.atIndices(indices, grid.range().grid(scales))
                    : MultistepSampler.atTimesteps(indices, grid.range().grid(scales));
        }
    }

    /**
     * So many evaluations, spaced over the model's own grid as diffusers spaces {@code
     * num_inference_steps}: indices j · ⌊N/steps⌋.
     *
     * @param count 1 … N − 1
     */
    record InferenceSteps(int count) implements NoiseLevels {
        @Override
        public MultistepSampler sampler(Map<Integer, List<Double>> standard, KarrasGrid grid) {
            return MultistepSampler.evenlyIndexed(count, grid);
        }
    }

    /**
     * Indices into the model's own grid as diffusers writes {@code timesteps}: 22,0 is σ(0) = T
     * first, then σ(22).
     *
     * @param timesteps falling strictly to 0, below N − 1
     */
    record GridTimesteps(List<Integer> timesteps) implements NoiseLevels {
        /**
         * @throws IllegalArgumentException unless the indices fall strictly to 0
         */
        public GridTimesteps {
            timesteps = List.copyOf(timesteps);
            boolean falling = !timesteps.isEmpty() && timesteps.getLast() == 0;
            for (int i = 1; i < timesteps.size(); i++) {
                falling &= timesteps.get(i) < timesteps.get(i - 1);
            }
            if (!falling) {
                throw new IllegalArgumentException(
                        "timesteps fall strictly to 0, such as [22, 0], but are " + timesteps);
            }
        }

        @Override
        public MultistepSampler sampler(Map<Integer, List<Double>> standard, KarrasGrid grid) {
            if (timesteps.getFirst() >= grid.points() - 1) {
                throw new IllegalArgumentException(
                        "timesteps must lie below %d on this model's grid of %d, but are %s"
                                .formatted(grid.points() - 1, grid.points(), timesteps));
            }
            return MultistepSampler.atTimesteps(timesteps, grid);
        }
    }
}
