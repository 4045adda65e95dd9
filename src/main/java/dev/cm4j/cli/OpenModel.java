package dev.cm4j.cli;

import dev.cm4j.Closing;
import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.Generator;
import dev.cm4j.GuidedPipeline;
import dev.cm4j.Request;
import dev.cm4j.convert.SourceOptions;
import dev.cm4j.sample.Sampler;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** A model with the sampler and the guidance that the words ask for, and all files they need. */
final class OpenModel implements AutoCloseable {

    private final Deque<Runnable> open = new ArrayDeque<>();
    private final ModelOptions options;
    private final ConsistencyPipeline pipeline;
    private final Generator generator;
    private final Request request;

    /**
     * Opens everything.
     *
     * @param spec the command, for a complaint
     * @param file the model
     * @param source which of its weights
     * @param options how to run it
     * @param samplers the sampler's options
     * @param guidance the guidance's options
     * @param asked what to generate, but for the sampler
     */
    @SuppressWarnings("this-escape") // closes what was opened before a failure
    OpenModel(
            CommandSpec spec,
            Path file,
            SourceOptions source,
            ModelOptions options,
            SamplerOptions samplers,
            GuidanceOptions guidance,
            Request asked) {
        this.options = options;
        try {
            pipeline = Usage.check(spec, () -> opened(file, source));
            requirePictures(file, pipeline.card().data().channels());
            generator = Usage.check(spec, () -> guided(guidance));
            Optional<Sampler> sampler =
                    Usage.check(
                            spec, () -> samplers.sampler(spec, generator, () -> start(samplers)));
            request = sampler.map(asked::withSampler).orElse(asked);
            Usage.check(spec, () -> generator.sampler(request)); // refuses what does not fit
            if (pipeline.card().kind().isEmpty()) {
                spec.commandLine()
                        .getErr()
                        .println(
                                "note: the file does not say whether this is a consistency or a"
                                        + " diffusion model; --sampler must suit it");
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private static void requirePictures(Path file, int channels) {
        if (channels > 3) {
            throw new IllegalArgumentException(
                    "%s makes latents of %d channels, which need a decoder that cm4j has not; it samples pictures of 1 or 3"
                            .formatted(file, channels));
        }
    }

    private Generator guided(GuidanceOptions guidance) {
        if (!guidance.isPresent()) {
            return pipeline.generator();
        }
        GuidedPipeline guided = guidance.guided(pipeline, this::opened);
        open.push(guided::close);
        return guided.generator();
    }

    private Generator start(SamplerOptions samplers) {
        return opened(samplers.from().orElseThrow()).generator();
    }

    private ConsistencyPipeline opened(Path file) {
        return opened(file, SourceOptions.NONE);
    }

    private ConsistencyPipeline opened(Path file, SourceOptions source) {
        ConsistencyPipeline model = options.open(file, source);
        open.push(model::close);
        return model;
    }

    /** The model itself, without guidance. */
    ConsistencyPipeline pipeline() {
        return pipeline;
    }

    /** The model, with guidance where that was asked for. */
    Generator generator() {
        return generator;
    }

    /** What to generate. */
    Request request() {
        return request;
    }

    /** How it is generated. */
    Sampler sampler() {
        return generator.sampler(request);
    }

    /** Closes all files in the opposite order. */
    @Override
    public void close() {
        List<Runnable> all =
                List.copyOf(open).reversed(); // the newest comes last, and is closed first
        open.clear();
        Closing.all(all);
    }
}
