package dev.cm4j;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.sample.GraphedModel;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.tensor.TensorMemory;
import java.nio.file.Path;
import java.util.Objects;
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
 * <p>Threads: any number may ask at once, virtual ones too. Requests and edits are done one after
 * the other, first come first served, each on all processor threads: many callers need the memory
 * of one batch and no more. A virtual thread's request is worked on by a platform thread, for
 * native code refuses virtual ones. A request ends early, with {@link
 * java.util.concurrent.CancellationException} and nothing left behind, when its {@link
 * Cancellation} or an interrupt says so: at once while it waits, else after the step in hand.
 */
public final class ConsistencyPipeline implements AutoCloseable {

    private final LoadedModel model;
    private final Optional<GraphedModel> graphs;
    private final Generator generator;
    private final TurnQueue turns = new TurnQueue();

    private ConsistencyPipeline(LoadedModel model) {
        this.model = model;
        this.graphs =
                model.net().device().isCuda() && model.net().config().kind() == NetworkKind.ADM
                        ? Optional.of(new GraphedModel(model.model()))
                        : Optional.empty();
        Denoiser function = graphs.isPresent() ? graphs.get() : model.model();
        this.generator = model.generator(function, Turns.of(turns));
    }

    /**
     * Opens a model with the arithmetic this machine is best at.
     *
     * @param path a cm4j model, a {@code .pt} or {@code .safetensors} file, or a folder of
     *     diffusers
     * @return the pipeline, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if it is no such model
     * @throws java.io.UncheckedIOException if it does not exist or cannot be read
     */
    public static ConsistencyPipeline open(Path path) {
        return open(path, OpenOptions.standard());
    }

    /**
     * Opens a model.
     *
     * @param path a cm4j model, a {@code .pt} or {@code .safetensors} file, or a folder of
     *     diffusers
     * @param precision arithmetic of the network
     * @return the pipeline, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if it is no such model
     * @throws java.io.UncheckedIOException if it does not exist or cannot be read
     */
    public static ConsistencyPipeline open(Path path, Precision precision) {
        return open(path, precision, Device.CPU);
    }

    /**
     * Opens a model on a device.
     *
     * @param path a cm4j model, a {@code .pt} or {@code .safetensors} file, or a folder of
     *     diffusers
     * @param precision arithmetic of the network
     * @param device where it computes
     * @return the pipeline, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if it is no such model
     * @throws java.io.UncheckedIOException if it does not exist or cannot be read
     * @throws IllegalArgumentException if the device cannot be used, saying what is missing
     */
    public static ConsistencyPipeline open(Path path, Precision precision, Device device) {
        return open(path, OpenOptions.standard().withDtype(precision.dtype()).withDevice(device));
    }

    /**
     * Opens a model.
     *
     * @param path a cm4j model, a {@code .pt} or {@code .safetensors} file, or a folder of
     *     diffusers
     * @param options element type and device
     * @return the pipeline, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if it is no such model
     * @throws java.io.UncheckedIOException if it does not exist or cannot be read
     * @throws IllegalArgumentException if an option does not fit the model
     */
    public static ConsistencyPipeline open(Path path, OpenOptions options) {
        Objects.requireNonNull(path, "no model is named: the path is null");
        Objects.requireNonNull(options, "options are null; OpenOptions.standard() are the usual");
        return TurnQueue.onPlatformThread(() -> {
            LoadedModel model = LoadedModel.open(path, options);
            try {
                return new ConsistencyPipeline(model);
            } catch (RuntimeException | Error e) {
                model.net().close();
                throw e;
            }
        });
    }

    /**
     * Joins weights and the card that describes them, such as those of a run in progress.
     *
     * @param card what the weights are
     * @param net the weights, borrowed
     * @return answers requests while the network lives
     */
    public static Generator generator(ModelCard card, UNet net) {
        return new LoadedModel(card, LoadedModel.PUBLISHED_TIMESTEPS, net).generator();
    }

    /** What the model is and how it was trained. */
    public ModelCard card() {
        return model.card();
    }

    /**
     * The network with its scalings, for what goes beyond requests: without turns, so that its
     * passes fail where another thread is in one. Ends with this pipeline.
     */
    public ConsistencyModel model() {
        return model.model();
    }

    /**
     * The part that edits pictures; its edits take turns with requests. Ends with this pipeline.
     */
    public Editor editor() {
        return Editor.of(generator);
    }

    /** The part that answers requests, by the same turns as this. Ends with the pipeline. */
    public Generator generator() {
        return generator;
    }

    /**
     * Generates pictures as bytes.
     *
     * @param request what to generate
     * @return the pictures
     * @throws IllegalArgumentException if levels, classes or latents do not fit the model
     * @throws IllegalStateException if this pipeline is closed, or asked by its own callback
     * @throws java.util.concurrent.CancellationException if the request was cancelled, or the
     *     thread interrupted, which it then still is
     */
    public Pictures generate(Request request) {
        return generator.generate(request);
    }

    /**
     * Generates pictures without ever holding more than a batch.
     *
     * @param request what to generate
     * @param consumer takes each batch, in order; called where the callback is
     * @throws IllegalArgumentException if levels, classes or latents do not fit the model
     * @throws IllegalStateException if this pipeline is closed, or asked by its own callback
     * @throws java.util.concurrent.CancellationException as {@link #generate(Request)}
     */
    public void generate(Request request, Generator.BatchConsumer consumer) {
        generator.generate(request, consumer);
    }

    /**
     * Generates pictures as a tensor, for a platform thread.
     *
     * @param request what to generate
     * @return [count, C, H, W], float32 in [−1, 1], on the model's device, owned by the innermost
     *     open {@code Scope}
     * @throws IllegalArgumentException if levels, classes or latents do not fit the model
     * @throws IllegalStateException if no scope is open, this pipeline is closed, or asked by its
     *     own callback
     * @throws java.util.concurrent.CancellationException as {@link #generate(Request)}
     */
    public Tensor tensor(Request request) {
        return generator.tensor(request);
    }

    /**
     * Generates pictures as native memory that any thread may read: with one batch, the very memory
     * they were computed in where that is main memory.
     *
     * @param request what to generate
     * @return [count, C, H, W], float32 in [−1, 1], the caller's to close
     * @throws IllegalArgumentException if levels, classes or latents do not fit the model
     * @throws IllegalStateException if this pipeline is closed, or asked by its own callback
     * @throws java.util.concurrent.CancellationException as {@link #generate(Request)}
     */
    public TensorMemory memory(Request request) {
        return generator.memory(request);
    }

    /** Waits for the request in hand, refuses all others, and frees the network. */
    @Override
    public void close() {
        turns.end();
        graphs.ifPresent(GraphedModel::close);
        model.net().close();
    }
}
