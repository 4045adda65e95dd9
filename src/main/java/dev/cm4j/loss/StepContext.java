package dev.cm4j.loss;

import dev.cm4j.schedule.Streams;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * Where a run stands when an objective is evaluated. All randomness of the step follows from these
 * numbers, so that a step repeated, resumed or cut into micro-batches draws the same.
 *
 * @param step k, optimiser steps taken so far, not negative
 * @param totalSteps K, planned steps, at least 1
 * @param seed the run's seed
 * @param firstSample number of the first sample evaluated, counted over the whole run
 * @param place where that sample stands in the step's batch, 0 where the batch is taken whole
 * @param weightHead the run's learnt weight, for objectives that ask for one
 */
public record StepContext(
        long step,
        long totalSteps,
        long seed,
        long firstSample,
        int place,
        Optional<WeightHead> weightHead) {

    /** Without a learnt weight. */
    public StepContext(long step, long totalSteps, long seed, long firstSample, int place) {
        this(step, totalSteps, seed, firstSample, place, Optional.empty());
    }

    /** A batch taken whole. */
    public StepContext(long step, long totalSteps, long seed, long firstSample) {
        this(step, totalSteps, seed, firstSample, 0);
    }

    /**
     * Checks the counters.
     *
     * @throws IllegalArgumentException if step or firstSample is negative, totalSteps below 1, or
     *     the place not in [0, firstSample]
     */
    public StepContext {
        if (step < 0 || firstSample < 0 || totalSteps < 1 || place < 0 || place > firstSample) {
            throw new IllegalArgumentException(
                    "step %d of %d with first sample %d at %d of its batch is no place in a run"
                            .formatted(step, totalSteps, firstSample, place));
        }
    }

    /**
     * The noise of this step's samples.
     *
     * @param x0 images [N, C, H, W]
     * @return z ~ N(0, I), shape and device of x0, float32
     */
    public Tensor noise(Tensor x0) {
        return noise(x0, x0.device());
    }

    /**
     * The same noise, made on a device.
     *
     * @param x0 images [N, C, H, W]
     * @param device where it shall lie
     * @return z ~ N(0, I), shape of x0, float32
     */
    public Tensor noise(Tensor x0, Device device) {
        var images = new long[Math.toIntExact(x0.size(0))];
        Arrays.setAll(images, n -> firstSample + n);
        var shape = x0.shape();
        return Noise.normal(
                device,
                new Streams(seed).noise(),
                images,
                0,
                Arrays.copyOfRange(shape, 1, shape.length));
    }

    /**
     * The uniform numbers that choose the noise levels of this step's samples.
     *
     * @param x0 images [N, …]
     * @return one number in (0, 1) for each sample
     */
    public double[] uniforms(Tensor x0) {
        return Streams.uniforms(
                new Streams(seed).times(), firstSample, Math.toIntExact(x0.size(0)));
    }

    /**
     * The seed of this step's dropout masks, the same for student and target and for every part of
     * the batch.
     *
     * @return a seed
     */
    public long dropoutSeed() {
        return new Streams(seed).dropout(firstSample - place);
    }
}
