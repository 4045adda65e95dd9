package dev.cm4j;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.UNet;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;

/**
 * Weights and what describes them, whatever kind of file they came from.
 *
 * @param card what the weights are
 * @param trainTimesteps N of the training grid that timesteps index: {@code num_train_timesteps} in
 *     diffusers
 * @param net the weights, the owner's to close
 */
record LoadedModel(ModelCard card, int trainTimesteps, UNet net) {

    /** N of every published consistency model. */
    static final int PUBLISHED_TIMESTEPS = 40;

    /**
     * Reads a model.
     *
     * @param path what to read
     * @param options how
     * @return the model, its network the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if it is no model
     * @throws IllegalArgumentException if an option does not fit it
     */
    static LoadedModel open(Path path, OpenOptions options) {
        options.device().ready();
        LoadedModel model = CheckpointModel.open(path, options.source());
        try {
            if (options.dtype().filter(DType.F16::equals).isPresent()) {
                round(model.net(), DType.F16);
            }
            model.net().to(options.device());
            model.net().precision(options.precision());
            return model;
        } catch (RuntimeException | Error e) {
            model.net().close();
            throw e;
        }
    }

    /** Vectors, which are biases and norms, keep float32 as they do in files. */
    private static void round(UNet net, DType to) {
        try (var _ = Scope.open()) {
            for (Tensor weight : net.parameters().values()) {
                if (weight.rank() > 1) {
                    weight.assign(weight.to(to));
                }
            }
        }
    }

    /** The network with its scalings. */
    ConsistencyModel model() {
        return new ConsistencyModel(net, card.scalings(), card.time());
    }

    /** What answers requests with these weights, while the network lives. */
    Generator generator() {
        return generator(model(), Turns.apart());
    }

    /** The same by another function of the same pictures, such as the model's graphs. */
    Generator generator(Denoiser model, Turns turns) {
        return new Generator(
                model,
                card.data().channels(),
                card.data().height(),
                card.data().width(),
                card.classes(),
                card.range().grid(trainTimesteps),
                card.sigmas(),
                card.kind(),
                turns);
    }
}
