package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.PerSample;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.TrigFlow;
import dev.cm4j.schedule.TrigFlowScalings;
import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * A noisy point of each sample in the form of TrigFlow.
 *
 * <pre>
 *   t = atan(σ / σ_d);   x_t = cos t · x₀ + sin t · z,   z ~ N(0, σ_d²)
 * </pre>
 *
 * <p>Source: Lu &amp; Song 2024, section 3.
 *
 * @param sigmaData σ_d
 * @param sigma noise levels [N], positive
 * @param cos cos t [N]
 * @param sin sin t [N]
 * @param x x_t [N, C, H, W]
 */
record TrigFlowPoint(double sigmaData, double[] sigma, double[] cos, double[] sin, Tensor x) {

    static TrigFlowPoint of(Tensor x0, Tensor z, double[] sigma, double sigmaData) {
        var angles = Arrays.stream(sigma).map(new TrigFlow(sigmaData)::angle);
        var t = angles.toArray();
        var cos = Arrays.stream(t).map(Math::cos).toArray();
        var sin = Arrays.stream(t).map(Math::sin).toArray();
        return new TrigFlowPoint(sigmaData, sigma, cos, sin, Images.combined(cos, x0, sin, z));
    }

    /** v = cos t · z − sin t · x₀, the direction of the point's own path. */
    Tensor velocity(Tensor x0, Tensor z) {
        return Images.combined(cos, z, each(n -> -sin[n]), x0);
    }

    /** What the network takes beside the time: x_t / σ_d. */
    Tensor input() {
        return x.times(1 / sigmaData);
    }

    /** What the network is told about t. */
    Tensor time(ConsistencyModel model) {
        return vector(model.time()::of);
    }

    /** dc_noise/dt · length. */
    Tensor timeTangent(ConsistencyModel model, double[] length) {
        var flow = new TrigFlow(sigmaData);
        var rates = each(n -> model.time().slope(sigma[n]) * flow.speed(sigma[n]) * length[n]);
        return PerSample.vector(rates, x.device());
    }

    /** a_n for each sample. */
    double[] each(IndexToDouble a) {
        var values = new double[sigma.length];
        Arrays.setAll(values, a::at);
        return values;
    }

    /** A number for each sample. */
    interface IndexToDouble {
        double at(int n);
    }

    /**
     * 1 where the network estimates the velocity, −1 where it estimates its opposite, as with EDM's
     * scalings, which are otherwise the same.
     *
     * @throws IllegalArgumentException for other scalings
     */
    static double sign(ConsistencyModel model) {
        return switch (model.scalings()) {
            case TrigFlowScalings _ -> 1;
            case EdmScalings _ -> -1;
            default ->
                    throw new IllegalArgumentException(
                            "continuous-time training takes scalings of kind trig-flow or edm, not "
                                    + model.scalings());
        };
    }

    private Tensor vector(DoubleUnaryOperator f) {
        return PerSample.vector(Arrays.stream(sigma).map(f).toArray(), x.device());
    }
}
