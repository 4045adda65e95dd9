package dev.cm4j.sample;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.SamplingGraph;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A consistency model whose multistep sampling is one native call: on a CUDA device the whole run
 * is captured once for a shape and a number of steps, and then launched as a graph.
 *
 * <p>The network is borrowed; graphs live until this is closed.
 */
public final class GraphedModel implements Denoiser, AutoCloseable {

    private final ConsistencyModel model;
    private Optional<Graph> graph = Optional.empty();

    /** What a graph is made for. */
    private record Structure(List<Long> shape, int steps, boolean clip) {}

    private record Graph(Structure structure, SamplingGraph graph) {}

    /**
     * Joins a model and its graphs.
     *
     * @param model borrowed for the life of this object
     */
    public GraphedModel(ConsistencyModel model) {
        this.model = model;
    }

    @Override
    public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels) {
        return model.denoise(x, sigma, labels);
    }

    @Override
    public Device device() {
        return model.device();
    }

    /** Captures taken by the graph in use; 0 on the CPU. */
    public long captures() {
        return graph.map(present -> present.graph().captures()).orElse(0L);
    }

    /** Whether a run can be a graph: nobody listens, and no noise stays in the result. */
    static boolean serves(MultistepSampler sampler, SampleRequest request) {
        return request.listener().equals(SampleListener.NONE)
                && sampler.end() == sampler.range().sigmaMin();
    }

    /** As {@link MultistepSampler#sample} step by step. */
    Tensor sample(MultistepSampler sampler, SampleRequest request) {
        int steps = sampler.evaluations();
        Structure wanted = new Structure(request.shape(), steps, request.clip());
        if (graph.isEmpty() || !graph.get().structure().equals(wanted)) {
            close();
            graph =
                    Optional.of(
                            new Graph(
                                    wanted,
                                    SamplingGraph.create(
                                            model.net(), steps, request.sizes(), request.clip())));
        }
        List<Tensor> draws = new ArrayList<>();
        for (int i = 0; i < steps; i++) {
            draws.add(request.noise().normal(i, request.sizes()));
        }
        return graph.get()
                .graph()
                .run(
                        Tensor.stack(0, draws),
                        request.labels(),
                        sampler.range().sigmaMax(),
                        coefficients(sampler));
    }

    private double[] coefficients(MultistepSampler sampler) {
        List<Double> sigmas = sampler.sigmas();
        Scalings scalings = model.scalings();
        double least = sampler.range().sigmaMin();
        int m = sigmas.size();
        double[] rows = new double[SamplingGraph.ROWS * m];
        for (int i = 0; i < m; i++) {
            double sigma = sigmas.get(i);
            double next = i + 1 < m ? sigmas.get(i + 1) : sampler.end();
            rows[i] = scalings.cSkip(sigma);
            rows[m + i] = scalings.cOut(sigma);
            rows[2 * m + i] = Math.sqrt(next * next - least * least);
            rows[3 * m + i] = scalings.cIn(sigma);
            rows[4 * m + i] = model.time().of(sigma);
        }
        return rows;
    }

    /** Frees the graph. */
    @Override
    public void close() {
        graph.ifPresent(present -> present.graph().close());
        graph = Optional.empty();
    }
}
