package dev.cm4j.convert;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.checkpoint.FilePlace;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.PendingTensor;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.ShardedSafetensors;
import dev.cm4j.checkpoint.StateDict;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TensorFile;
import dev.cm4j.checkpoint.WriteProgress;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An open folder of diffusers' ConsistencyModelPipeline: a network, a scheduler and the weights,
 * mapped and under the original's names.
 *
 * <pre>
 *   model_index.json   scheduler/scheduler_config.json   unet/config.json
 *   unet/diffusion_pytorch_model[.variant].safetensors, or sharded, or .bin
 * </pre>
 *
 * <p>Opening checks that the weights are exactly those of the network. May be read from several
 * threads.
 */
public final class DiffusersFolder implements AutoCloseable {

    static final String PIPELINE = "ConsistencyModelPipeline";
    static final String SCHEDULER = "CMStochasticIterativeScheduler";
    static final String INDEX_FILE = "model_index.json";
    static final String SCHEDULER_FILE = "scheduler/scheduler_config.json";
    static final String NETWORK_FILE = "unet/config.json";

    private static final String STEM = "diffusion_pytorch_model";
    private static final String MIDDLE_NORM = "mid_block.attentions.0.group_norm.weight";

    private final UNetConfig network;
    private final SchedulerConfig scheduler;
    private final TensorFile weights;
    private final Map<String, TensorEntry> entries;

    private DiffusersFolder(
            UNetConfig network,
            SchedulerConfig scheduler,
            TensorFile weights,
            Map<String, TensorEntry> entries) {
        this.network = network;
        this.scheduler = scheduler;
        this.weights = weights;
        this.entries = entries;
    }

    /**
     * Opens and checks a folder.
     *
     * @param folder the folder of {@code model_index.json}
     * @param variant which weights to take, such as {@code fp16}; empty for the usual ones
     * @return the open folder, the caller's to close
     * @throws FormatException if a file is missing or damaged, an option makes a network that is
     *     none of ours, or tensors are missing, unknown or of another shape
     * @throws UncheckedIOException if a file cannot be read
     */
    public static DiffusersFolder open(Path folder, Optional<String> variant) {
        variant.ifPresent(DiffusersFolder::requireVariant);
        requirePipeline(folder.resolve(INDEX_FILE));
        SchedulerConfig scheduler = readScheduler(folder);
        TensorFile weights = openWeights(weightsFile(folder, variant));
        try {
            Map<String, TensorEntry> theirs = StateDict.of(weights, Optional.empty()).entries();
            UNetConfig network = readNetwork(folder, theirs.containsKey(MIDDLE_NORM));
            return new DiffusersFolder(
                    network, scheduler, weights, toOpenAi(weights, network, theirs));
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    static SchedulerConfig readScheduler(Path folder) {
        Path file = folder.resolve(SCHEDULER_FILE);
        return DiffusersJson.scheduler(file, DiffusersJson.read(file));
    }

    static UNetConfig readNetwork(Path folder, boolean middleNorm) {
        Path file = folder.resolve(NETWORK_FILE);
        return DiffusersUNetConfig.read(file, DiffusersJson.read(file), middleNorm);
    }

    private static Map<String, TensorEntry> toOpenAi(
            TensorFile weights, UNetConfig network, Map<String, TensorEntry> theirs) {
        try {
            return DiffusersNames.of(network).toOpenAi(theirs);
        } catch (IllegalArgumentException e) {
            throw new FormatException(
                    weights.path(),
                    e.getMessage(),
                    "the weights that unet/config.json describes",
                    e);
        }
    }

    private static void requirePipeline(Path file) {
        JsonNode json = DiffusersJson.read(file);
        new OptionReader(file, json).requireText("_class_name", "", PIPELINE);
        requirePart(file, json, "unet", DiffusersUNetConfig.CLASS);
        requirePart(file, json, "scheduler", SCHEDULER);
    }

    private static void requirePart(Path file, JsonNode json, String part, String required) {
        String found = json.path(part).path(1).asText("absent");
        if (!found.equals(required)) {
            throw new FormatException(file, "the " + part + " is " + found, required);
        }
    }

    /** The first of the names under which diffusers looks for weights. */
    private static Path weightsFile(Path folder, Optional<String> variant) {
        String dotted = variant.map(name -> "." + name).orElse("");
        List<String> names =
                List.of(
                        STEM + dotted + ".safetensors",
                        STEM + ".safetensors.index" + dotted + ".json",
                        STEM + dotted + ".safetensors.index.json",
                        STEM + dotted + ".bin");
        Path unet = folder.resolve("unet");
        for (String name : names) {
            if (Files.isRegularFile(unet.resolve(name))) {
                return unet.resolve(name);
            }
        }
        throw new FormatException(unet, "no weights", "one of " + String.join(", ", names));
    }

    /** Of an index diffusers puts the variant before the {@code .json}. */
    private static TensorFile openWeights(Path file) {
        return file.toString().endsWith(".json")
                ? ShardedSafetensors.open(file)
                : TensorFile.open(file);
    }

    /** The network that the weights are of; its attention is in the original's order. */
    public UNetConfig network() {
        return network;
    }

    /** How the model samples. */
    public SchedulerConfig scheduler() {
        return scheduler;
    }

    /**
     * The weights under the original's names.
     *
     * @return an unmodifiable map in the order of the state dict; each of the qkv is put together
     *     when it is asked for, all else is mapped; its data ends with {@link #close}
     */
    public Map<String, TensorEntry> entries() {
        return entries;
    }

    /** Where in a file a weight lies, as {@link TensorFile#place}. */
    Optional<FilePlace> place(TensorEntry weight) {
        return weights.place(weight);
    }

    /** Unmaps the weights. Every entry's data ends. */
    @Override
    public void close() {
        weights.close();
    }

    /**
     * Writes a folder that appears whole or not at all, and that diffusers opens.
     *
     * @param folder the folder; must not exist, be empty, or hold the same network and scheduler
     *     with other variants of the weights
     * @param network the network
     * @param scheduler how the model samples
     * @param openAi all parameters under the original's names, qkv in the original's order
     * @param storage type to store floating-point tensors as
     * @param variant name of these weights, such as {@code fp16}; empty for the usual ones
     * @throws IllegalArgumentException if diffusers has no such network, if tensors are missing,
     *     unknown or of another shape, or if the folder holds something else; then nothing is
     *     written
     * @throws UncheckedIOException if it cannot be written
     */
    public static void write(
            Path folder,
            UNetConfig network,
            SchedulerConfig scheduler,
            Map<String, TensorEntry> openAi,
            DType storage,
            Optional<String> variant) {
        write(folder, network, scheduler, openAi, storage, variant, WriteProgress.NONE);
    }

    /**
     * As the other, telling how far it has come.
     *
     * @param folder as above
     * @param network as above
     * @param scheduler as above
     * @param openAi as above
     * @param storage as above
     * @param variant as above
     * @param progress hears of each tensor
     */
    public static void write(
            Path folder,
            UNetConfig network,
            SchedulerConfig scheduler,
            Map<String, TensorEntry> openAi,
            DType storage,
            Optional<String> variant,
            WriteProgress progress) {
        variant.ifPresent(DiffusersFolder::requireVariant);
        requireReal(storage);
        List<PendingTensor> tensors =
                PendingTensor.of(DiffusersNames.of(network).toDiffusers(openAi)).stream()
                        .map(tensor -> tensor.as(storage))
                        .toList();
        String name = STEM + variant.map(v -> "." + v).orElse("") + ".safetensors";
        FolderWriter.write(
                folder,
                network,
                scheduler,
                target ->
                        SafetensorsFile.write(
                                target.resolve("unet").resolve(name), tensors, Map.of(), progress));
    }

    private static void requireReal(DType storage) {
        if (!List.of(DType.F32, DType.F64, DType.F16, DType.BF16).contains(storage)) {
            throw new IllegalArgumentException(
                    "weights are stored as F32, F64, F16 or BF16, not " + storage);
        }
    }

    private static void requireVariant(String variant) {
        if (!variant.matches("[A-Za-z0-9_-]+")) {
            throw new IllegalArgumentException(
                    "a variant is a word such as fp16, but it is '" + variant + "'");
        }
    }
}
