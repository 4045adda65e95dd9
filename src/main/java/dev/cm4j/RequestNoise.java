package dev.cm4j;

import dev.cm4j.sample.NoiseSource;
import dev.cm4j.sample.PerImageNoise;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;

/**
 * The noise of one batch of a request: the caller's, else the seed's; draw 0 from the caller's
 * latents where there are any, which takes nothing from a stream.
 *
 * @param request what to generate
 * @param first number of the batch's first picture
 * @param count pictures of the batch
 * @param rest all draws that are not given
 * @param device where the model computes
 */
record RequestNoise(Request request, int first, int count, NoiseSource rest, Device device)
        implements NoiseSource {

    /** The seed's own noise where the request gives neither noise nor latents. */
    static NoiseSource of(Request request, int first, int count, Device device) {
        PerImageNoise seeded = PerImageNoise.range(request.seed(), first, count).on(device);
        return request.noise().isEmpty() && request.latents().isEmpty()
                ? seeded
                : new RequestNoise(request, first, count, request.noise().orElse(seeded), device);
    }

    @Override
    public Tensor normal(int draw, long... shape) {
        Tensor noise =
                draw == 0 && request.latents().isPresent()
                        ? request.latents().get().rows(first, count)
                        : rest.normal(draw, shape);
        return noise.device().equals(device) ? noise : noise.to(device);
    }

    @Override
    public void skip(int draw, long... shape) {
        rest.skip(draw, shape);
    }
}
