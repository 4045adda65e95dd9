package dev.cm4j.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * The noise levels of diffusers' consistency scheduler: falling indices of the training grid.
 *
 * <p>Index i stands for σ(i; N), so {@code [22, 0]} means T first, then σ(22). A level is rounded
 * to float32 where the scalings and the added noise use it; the network's time input, 250 ln σ, is
 * taken of the unrounded one.
 *
 * <p>Source: huggingface/diffusers, {@code scheduling_consistency_models.py}; the messages of
 * refused choices are those of {@code set_timesteps}.
 *
 * @param trainTimesteps N, points of the training grid, at least 1
 * @param range ε, T and ρ
 */
public record DiffusersTimesteps(int trainTimesteps, NoiseRange range) {

    /**
     * Checks the number of points.
     *
     * @throws IllegalArgumentException if there is none
     */
    public DiffusersTimesteps {
        if (trainTimesteps < 1) {
            throw new IllegalArgumentException(
                    "num_train_timesteps must be at least 1, but is " + trainTimesteps);
        }
    }

    /**
     * One way through the noise levels.
     *
     * @param levels σ of each evaluation as the scalings see it, float32, falling
     * @param times the network's time input of each evaluation, 250 ln σ
     * @param last noise level after the last evaluation, σ_min as float32
     */
    public record Plan(List<Double> levels, List<Double> times, double last) {

        /** Takes unmodifiable copies. */
        public Plan {
            levels = List.copyOf(levels);
            times = List.copyOf(times);
        }

        /**
         * All levels, the one after the last evaluation too.
         *
         * @return a new array, one longer than the evaluations
         */
        public double[] sigmas() {
            var sigmas = new double[levels.size() + 1];
            for (int i = 0; i < levels.size(); i++) {
                sigmas[i] = levels.get(i);
            }
            sigmas[levels.size()] = last;
            return sigmas;
        }
    }

    /**
     * Levels at equal distances: indices 0, k, 2k, … with k = ⌊N/steps⌋.
     *
     * @param steps {@code num_inference_steps}, 1 … N
     * @return the levels
     * @throws IllegalArgumentException if there are more steps than points, or none
     */
    public Plan ofSteps(int steps) {
        if (steps < 1) {
            throw new IllegalArgumentException(
                    "`num_inference_steps` must be at least 1, but is " + steps);
        }
        if (steps > trainTimesteps) {
            throw new IllegalArgumentException(
                    ("`num_inference_steps`: %d cannot be larger than"
                                    + " `self.config.train_timesteps`: %d as the unet model trained"
                                    + " with this scheduler can only handle maximal %d timesteps.")
                            .formatted(steps, trainTimesteps, trainTimesteps));
        }
        List<Integer> timesteps = new ArrayList<>();
        for (int i = steps - 1; i >= 0; i--) {
            timesteps.add(i * (trainTimesteps / steps));
        }
        return ofTimesteps(timesteps);
    }

    /**
     * Levels by index.
     *
     * @param timesteps indices, falling strictly, each in 0 … N − 1
     * @return the levels, the last index's first
     * @throws IllegalArgumentException if the indices are none, do not fall, or leave the grid
     */
    public Plan ofTimesteps(List<Integer> timesteps) {
        if (timesteps.isEmpty()) {
            throw new IllegalArgumentException("`timesteps` must have at least one index.");
        }
        for (int i = 1; i < timesteps.size(); i++) {
            if (timesteps.get(i) >= timesteps.get(i - 1)) {
                throw new IllegalArgumentException("`timesteps` must be in descending order.");
            }
        }
        if (timesteps.getFirst() >= trainTimesteps) {
            throw new IllegalArgumentException(
                    "`timesteps` must start before `self.config.train_timesteps`: %d."
                            .formatted(trainTimesteps));
        }
        if (timesteps.getLast() < 0) {
            throw new IllegalArgumentException(
                    "`timesteps` must not be negative, but the last is " + timesteps.getLast());
        }
        List<Double> levels = new ArrayList<>();
        List<Double> times = new ArrayList<>();
        for (int index : timesteps.reversed()) {
            double sigma = sigma(index);
            levels.add((double) (float) sigma);
            times.add(TimeInput.OPENAI.of(sigma));
        }
        return new Plan(levels, times, (float) range.sigmaMin());
    }

    /**
     * As the pipeline takes its arguments: exactly one of them.
     *
     * @param steps {@code num_inference_steps}, 0 where it is not given
     * @param timesteps indices, empty where they are not given
     * @return the levels
     * @throws IllegalArgumentException if both are given or none, or the one given does not fit
     */
    public Plan of(int steps, List<Integer> timesteps) {
        if (steps == 0 && timesteps.isEmpty()) {
            throw new IllegalArgumentException(
                    "Exactly one of `num_inference_steps` or `timesteps` must be supplied.");
        }
        if (steps != 0 && !timesteps.isEmpty()) {
            throw new IllegalArgumentException(
                    "Can only pass one of `num_inference_steps` or `timesteps`.");
        }
        return steps != 0 ? ofSteps(steps) : ofTimesteps(timesteps);
    }

    /**
     * A level of the grid, before it is rounded.
     *
     * @param index 0 … N − 1
     * @return σ(index; N)
     */
    public double sigma(int index) {
        return range.grid(trainTimesteps).sigma(index);
    }
}
