package dev.cm4j.model;

import dev.cm4j.nn.Jvp;
import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;

/**
 * A network F with the scalings that make it a denoiser.
 *
 * <pre>
 *   f(x, σ) = c_skip(σ) · x + c_out(σ) · F(c_in(σ) · x, c_noise(σ), label)
 * </pre>
 *
 * <p>With {@code BoundaryScalings} it is a consistency function, with {@code EdmScalings} the
 * denoiser of a diffusion model. The network is borrowed: whoever made it closes it.
 *
 * <p>Source: Song et al. 2023, equation 5; Karras et al. 2022, equation 7.
 */
public final class ConsistencyModel implements Denoiser {

    private final UNet net;
    private final Scalings scalings;
    private final TimeInput time;

    /**
     * Joins a network and its scalings.
     *
     * @param net F, borrowed for the life of this model
     * @param scalings c_skip, c_out and c_in
     * @param time c_noise, the network's own
     * @throws IllegalArgumentException if the network's input and output differ in channels
     */
    public ConsistencyModel(UNet net, Scalings scalings, TimeInput time) {
        var config = net.config();
        if (config.inChannels() != config.outChannels()) {
            throw new IllegalArgumentException(
                    "a denoiser gives back what it takes, but this network turns %d channels into %d"
                            .formatted(config.inChannels(), config.outChannels()));
        }
        this.net = net;
        this.scalings = scalings;
        this.time = time;
    }

    /**
     * The network.
     *
     * @return F, borrowed
     */
    public UNet net() {
        return net;
    }

    /**
     * The scalings.
     *
     * @return c_skip, c_out, c_in
     */
    public Scalings scalings() {
        return scalings;
    }

    /**
     * The network's time input.
     *
     * @return c_noise
     */
    public TimeInput time() {
        return time;
    }

    /**
     * The same network with other scalings.
     *
     * @param other the scalings
     * @return a model that borrows the same network
     */
    public ConsistencyModel with(Scalings other) {
        return new ConsistencyModel(net, other, time);
    }

    @Override
    public Device device() {
        return net.device();
    }

    @Override
    public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels) {
        return denoise(x, sigma, labels, 0);
    }

    /**
     * As {@link Denoiser#denoise}, with the dropout masks of a seed.
     *
     * @param x noisy images [N, C, H, W], float32, borrowed
     * @param sigma noise level of each image [N], not negative
     * @param labels class of each image [N], int64, borrowed; empty for unconditional models
     * @param dropoutSeed equal seeds give equal masks for batches of equal size; without effect
     *     unless the network trains with dropout
     * @return f(x, σ), shape of x, with a gradient where gradients are recorded
     * @throws IllegalArgumentException if sigma or labels do not have one entry for each image
     */
    public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels, long dropoutSeed) {
        var scaled = Images.scaled(each(sigma, scalings::cIn), x);
        var t = PerSample.vector(each(sigma, time::of), x.device());
        var raw = net.forward(scaled, t, labels, dropoutSeed);
        return Images.combined(each(sigma, scalings::cSkip), x, each(sigma, scalings::cOut), raw);
    }

    /**
     * The model with its exact derivative along a direction.
     *
     * <pre>
     *   ḟ = c_skip ẋ + c_skip′ σ̇ x + c_out′ σ̇ F + c_out Ḟ
     *   Ḟ: derivative of F along (c_in ẋ + c_in′ σ̇ x, c_noise′ σ̇)
     * </pre>
     *
     * @param x noisy images [N, C, H, W], float32, borrowed
     * @param sigma noise level of each image [N], positive
     * @param labels class of each image [N], int64, borrowed; empty for unconditional models
     * @param dropoutSeed seed of the masks, those of {@link #denoise}
     * @param xTangent ẋ, shape of x
     * @param sigmaTangent σ̇ of each image [N]
     * @return f(x, σ) and ḟ, with gradients where they are recorded
     * @throws IllegalArgumentException if sigma or labels do not have one entry for each image
     */
    public Jvp jvp(
            Tensor x,
            double[] sigma,
            Optional<Tensor> labels,
            long dropoutSeed,
            Tensor xTangent,
            double[] sigmaTangent) {
        var slopes = Arrays.stream(sigma).mapToObj(scalings::slopes).toList();
        var cIn = each(sigma, scalings::cIn);
        var cSkip = each(sigma, scalings::cSkip);
        var cOut = each(sigma, scalings::cOut);
        var raw =
                net.jvp(
                        Images.scaled(cIn, x),
                        PerSample.vector(each(sigma, time::of), x.device()),
                        labels,
                        dropoutSeed,
                        Images.combined(
                                cIn,
                                xTangent,
                                along(slopes, Scalings.Slopes::cIn, sigmaTangent),
                                x),
                        PerSample.vector(
                                product(each(sigma, time::slope), sigmaTangent), x.device()));
        var moved =
                Images.combined(
                        cSkip, xTangent, along(slopes, Scalings.Slopes::cSkip, sigmaTangent), x);
        var shaped =
                Images.combined(
                        along(slopes, Scalings.Slopes::cOut, sigmaTangent),
                        raw.value(),
                        cOut,
                        raw.tangent());
        return new Jvp(Images.combined(cSkip, x, cOut, raw.value()), moved.plus(shaped));
    }

    /** c′ σ̇. */
    private static double[] along(
            List<Scalings.Slopes> slopes,
            ToDoubleFunction<Scalings.Slopes> which,
            double[] tangent) {
        return product(slopes.stream().mapToDouble(which).toArray(), tangent);
    }

    private static double[] product(double[] a, double[] b) {
        var product = new double[a.length];
        Arrays.setAll(product, n -> a[n] * b[n]);
        return product;
    }

    private static double[] each(double[] sigma, DoubleUnaryOperator f) {
        return Arrays.stream(sigma).map(f).toArray();
    }
}
