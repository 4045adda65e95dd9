package dev.cm4j;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.convert.DiffusersFolder;
import dev.cm4j.convert.SchedulerConfig;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.KarrasGrid;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Models that others trained. Their weights go to the network one at a time, from where the file is
 * mapped, so that no second copy of them is ever held.
 */
final class ForeignModel {

    private ForeignModel() {}

    /**
     * Reads a folder of diffusers.
     *
     * @param folder with {@code model_index.json}
     * @param variant which weights, such as {@code fp16}
     * @return the model, its network the caller's to close
     * @throws FormatException if it is no consistency model, or asks for what cm4j has not
     */
    static LoadedModel diffusers(Path folder, Optional<String> variant) {
        try (DiffusersFolder source = DiffusersFolder.open(folder, variant)) {
            SchedulerConfig scheduler = supported(folder, source.scheduler());
            return of(
                    folder,
                    source.network(),
                    new BoundaryScalings(scheduler.sigmaData(), scheduler.sigmaMin()),
                    TimeInput.OPENAI,
                    new NoiseRange(scheduler.sigmaMin(), scheduler.sigmaMax(), scheduler.rho())
                            .grid(scheduler.trainTimesteps()),
                    source.entries());
        }
    }

    /**
     * A model from what any open checkpoint says.
     *
     * @param path for messages and as a name
     * @param config shape of the network
     * @param scalings c_skip, c_out, c_in
     * @param time the network's time input
     * @param grid the training grid
     * @param entries a tensor for each parameter under OpenAI's name, and no other
     * @return the model, its network the caller's to close; it does not need the file any more
     * @throws FormatException if the weights do not fit the network
     */
    static LoadedModel of(
            Path path,
            UNetConfig config,
            Scalings scalings,
            TimeInput time,
            KarrasGrid grid,
            Map<String, TensorEntry> entries) {
        var card =
                new ModelCard(
                        config,
                        scalings,
                        time,
                        grid.range(),
                        Map.of(),
                        data(path, config),
                        unknownTraining());
        return new LoadedModel(card, grid.points(), network(path, config, entries));
    }

    private static SchedulerConfig supported(Path folder, SchedulerConfig scheduler) {
        if (scheduler.noiseScale() != 1 || !scheduler.clipDenoised()) {
            throw new FormatException(
                    folder,
                    "a scheduler with s_noise %s and clip_denoised %s"
                            .formatted(scheduler.noiseScale(), scheduler.clipDenoised()),
                    "s_noise 1 and clip_denoised true, the only ones cm4j samples with");
        }
        return scheduler;
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

    private static ModelCard.Data data(Path path, UNetConfig config) {
        List<String> classes =
                IntStream.range(0, config.classes()).mapToObj(Integer::toString).toList();
        return new ModelCard.Data(
                path.getFileName().toString(),
                config.inChannels(),
                config.imageSize(),
                config.imageSize(),
                classes,
                "");
    }

    private static ModelCard.Training unknownTraining() {
        return new ModelCard.Training("", "", 0, 0, 0, 0, "", "");
    }
}
