package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.function.UnaryOperator;

/**
 * A batch of images on its way through the noise levels. Holds the one tensor that lives between
 * steps; each step runs in a scope of its own.
 */
final class Trajectory {

    private final Denoiser model;
    private final SampleRequest request;
    private final long[] shape;
    private final int steps;
    private final Scope caller = Scope.current();
    private int draws;
    private Tensor x;
    private Tensor denoised;

    /** What a solver does between two levels. */
    @FunctionalInterface
    interface Step {

        /** x at level {@code next}, from x at level {@code sigma}. */
        Tensor from(Trajectory path, Tensor x, double sigma, double next);
    }

    /** Walks down a list of levels, one step between two neighbours. */
    static Tensor walk(Denoiser model, SampleRequest request, double[] sigmas, Step step) {
        return walk(model, request, sigmas[0], sigmas, step);
    }

    /** As above, from noise of a level of its own. */
    static Tensor walk(
            Denoiser model, SampleRequest request, double start, double[] sigmas, Step step) {
        var steps = sigmas.length - 1;
        var path = new Trajectory(model, request, start, steps);
        for (int i = 0; i < steps; i++) {
            var sigma = sigmas[i];
            var next = sigmas[i + 1];
            path.step(i, sigma, x -> step.from(path, x, sigma, next));
        }
        return path.finish();
    }

    /** Starts at x = x_start + T · n; x_start is 0 unless the request brings images. */
    Trajectory(Denoiser model, SampleRequest request, double sigmaMax, int steps) {
        this.model = model;
        this.request = request;
        this.shape = request.sizes();
        this.steps = steps;
        request.labels().ifPresent(this::requireFits);
        request.start().ifPresent(this::requireShape);
        try (var _ = Scope.open()) {
            var noisy = noise().times(sigmaMax);
            x = request.start().map(noisy::plus).orElse(noisy).escapeTo(caller);
        }
    }

    /** Replaces x by what a step makes of it, then tells the listener. */
    void step(int i, double sigma, UnaryOperator<Tensor> update) {
        var before = x;
        boolean goOn;
        try (var _ = Scope.open();
                var _ = Gradients.disabled()) {
            x = update.apply(before).escapeTo(caller);
            goOn = request.listener().finished(new SampleStep(i + 1, steps, sigma, x, denoised));
        }
        before.close();
        if (!goOn) {
            x.close();
            throw new CancellationException(
                    "sampling was ended after step %d of %d".formatted(i + 1, steps));
        }
    }

    /** D(x; σ), limited to [−1, 1] if the request says so. */
    Tensor denoised(Tensor at, double sigma) {
        var sigmas = new double[(int) shape[0]];
        Arrays.fill(sigmas, sigma);
        var estimate = model.denoise(at, sigmas, request.labels());
        denoised = request.clip() ? estimate.clamp(-1, 1) : estimate;
        return denoised;
    }

    /** d = (x − D(x; σ))/σ. */
    Tensor slope(Tensor at, double sigma) {
        return at.minus(denoised(at, sigma)).dividedBy(sigma);
    }

    /** The next draw of the request's noise. */
    Tensor noise() {
        return request.noise().normal(draws++, shape);
    }

    /** x + scale · n. Uses up a draw even if the scale is 0. */
    Tensor plusNoise(Tensor at, double scale) {
        if (scale == 0) {
            request.noise().skip(draws++, shape);
            return at;
        }
        return at.plus(noise().times(scale));
    }

    /** The result, limited to [−1, 1], in the caller's scope. */
    Tensor finish() {
        try (var _ = Scope.open()) {
            var images = x.clamp(-1, 1).escapeTo(caller);
            x.close();
            return images;
        }
    }

    private void requireShape(Tensor start) {
        if (!Arrays.equals(start.shape(), shape)) {
            throw new IllegalArgumentException(
                    "images to start from must be %s, but are %s"
                            .formatted(Arrays.toString(shape), start));
        }
    }

    private void requireFits(Tensor labels) {
        if (labels.rank() != 1 || labels.size(0) != shape[0]) {
            throw new IllegalArgumentException(
                    "%d images need as many labels, but the labels are %s"
                            .formatted(shape[0], labels));
        }
    }
}
