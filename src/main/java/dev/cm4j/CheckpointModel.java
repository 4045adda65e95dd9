package dev.cm4j;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.SourceOptions;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.SourceCard;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Models of every kind of checkpoint, cm4j's own among them. Their weights go to the network one at
 * a time, from where the file is mapped, so that no second copy of them is ever held.
 */
final class CheckpointModel {

    private CheckpointModel() {}

    /**
     * Reads a checkpoint.
     *
     * @param path a cm4j model, a {@code .pt} or {@code .safetensors} file, or a folder of
     *     diffusers
     * @param options what is known about it
     * @return the model, its network the caller's to close
     * @throws FormatException if it is no model, or asks for what cm4j has not
     */
    static LoadedModel open(Path path, SourceOptions options) {
        try (CheckpointSource source = CheckpointSource.open(path, options)) {
            ModelCard card = SourceCard.of(source);
            int timesteps =
                    source.noise()
                            .orElseThrow()
                            .trainTimesteps()
                            .orElse(LoadedModel.PUBLISHED_TIMESTEPS);
            return new LoadedModel(
                    card, timesteps, network(path, card.network(), source.entries()));
        }
    }

    private static UNet network(Path path, UNetConfig config, Map<String, TensorEntry> entries) {
        UNet net = UNet.zeroed(config);
        try {
            for (String name : net.parameterNames()) {
                if (!entries.containsKey(name)) {
                    throw new FormatException(path, "no weight '" + name + "'", "all weights");
                }
                fill(path, net, entries.get(name));
            }
            List<String> names = net.parameterNames();
            for (String name : entries.keySet()) {
                if (!names.contains(name)) {
                    throw new FormatException(
                            path,
                            "a weight '" + name + "'",
                            "those of the network it describes only");
                }
            }
            return net;
        } catch (RuntimeException e) {
            net.close();
            throw e;
        }
    }

    private static void fill(Path path, UNet net, TensorEntry entry) {
        try (var _ = Scope.open()) {
            Tensor weight = net.parameter(entry.name());
            if (!Arrays.equals(weight.shape(), entry.shape())) {
                throw new FormatException(
                        path,
                        entry.name() + " of shape " + Arrays.toString(entry.shape()),
                        Arrays.toString(weight.shape()));
            }
            weight.assign(tensor(entry));
        }
    }

    private static Tensor tensor(TensorEntry entry) {
        DType type = entry.dtype();
        boolean inPlace = entry.data().isNative() && entry.data().address() % type.bytes() == 0;
        return inPlace
                ? Tensor.wrap(entry.data(), type, entry.shape())
                : Tensor.copyOf(entry.data(), type, entry.shape());
    }
}
