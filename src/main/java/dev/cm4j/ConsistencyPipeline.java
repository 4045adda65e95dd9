package dev.cm4j;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.ModelFile;
import dev.cm4j.sample.GraphedModel;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model from a file, ready to make pictures.
 *
 * <pre>
 *   try (var model = ConsistencyPipeline.open(Path.of("models/digits.safetensors"))) {
 *       Pictures digits = model.generate(Request.of(100).withSteps(2).withSeed(7));
 *   }
 * </pre>
 *
 * Used by one thread at a time.
 */
public final class ConsistencyPipeline implements AutoCloseable {

    private final ModelCard card;
    private final UNet net;
    private final Optional<GraphedModel> graphs;
    private final Generator generator;

    private ConsistencyPipeline(ModelCard card, UNet net) {
        this.card = card;
        this.net = net;
        ConsistencyModel model = new ConsistencyModel(net, card.scalings(), card.time());
        this.graphs =
                net.device().isCuda() ? Optional.of(new GraphedModel(model)) : Optional.empty();
        Denoiser denoiser = graphs.isPresent() ? graphs.get() : model;
        this.generator = generator(card, denoiser);
    }

    /**
     * Opens a model with the arithmetic this machine is best at.
     *
     * @param file a cm4j model file
     * @return the pipeline, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if the file is no cm4j model
     */
    public static ConsistencyPipeline open(Path file) {
        return open(file, Precision.best());
    }

    /**
     * Opens a model.
     *
     * @param file a cm4j model file
     * @param precision arithmetic of the network
     * @return the pipeline, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if the file is no cm4j model
     */
    public static ConsistencyPipeline open(Path file, Precision precision) {
        return open(file, precision, Device.CPU);
    }

    /**
     * Opens a model on a device.
     *
     * @param file a cm4j model file
     * @param precision arithmetic of the network
     * @param device where it computes
     * @return the pipeline, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if the file is no cm4j model
     * @throws IllegalArgumentException if the device cannot be used, saying what is missing
     */
    public static ConsistencyPipeline open(Path file, Precision precision, Device device) {
        device.ready();
        try (ModelFile model = ModelFile.open(file)) {
            UNet net = model.network();
            try {
                net.to(device);
                net.precision(precision);
                return new ConsistencyPipeline(model.card(), net);
            } catch (RuntimeException e) {
                net.close();
                throw e;
            }
        }
    }

    /**
     * Joins weights and the card that describes them, such as those of a run in progress.
     *
     * @param card what the weights are
     * @param net the weights, borrowed
     * @return answers requests while the network lives
     */
    public static Generator generator(ModelCard card, UNet net) {
        return generator(card, new ConsistencyModel(net, card.scalings(), card.time()));
    }

    private static Generator generator(ModelCard card, Denoiser model) {
        return new Generator(
                model,
                card.data().channels(),
                card.data().height(),
                card.data().width(),
                card.classes(),
                card.range(),
                card.sigmas(),
                card.kind());
    }

    /** What the model is and how it was trained. */
    public ModelCard card() {
        return card;
    }

    /** The network with its scalings, for what goes beyond requests; ends with this pipeline. */
    public ConsistencyModel model() {
        return new ConsistencyModel(net, card.scalings(), card.time());
    }

    /**
     * The part that answers requests, batch by batch where there are many; ends with this pipeline.
     */
    public Generator generator() {
        return generator;
    }

    /** The part that edits pictures; ends with this pipeline. */
    public Editor editor() {
        return Editor.of(generator);
    }

    /**
     * Generates pictures as bytes.
     *
     * @param request what to generate
     * @return the pictures
     * @throws IllegalArgumentException if levels or classes do not fit the model
     */
    public Pictures generate(Request request) {
        return generator.generate(request);
    }

    /**
     * Generates pictures as a tensor.
     *
     * @param request what to generate
     * @return [count, C, H, W], float32 in [−1, 1], owned by the innermost open {@code Scope}
     * @throws IllegalArgumentException if levels or classes do not fit the model
     */
    public Tensor tensor(Request request) {
        return generator.tensor(request);
    }

    /** Frees the network. */
    @Override
    public void close() {
        graphs.ifPresent(GraphedModel::close);
        net.close();
    }
}
