package dev.cm4j.preset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.StoredNetwork;
import dev.cm4j.convert.StoredTensors;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.UNet;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A finished model in one file: a safetensors file of weights under their PyTorch names, with a
 * {@link ModelCard} as JSON in its metadata.
 *
 * <pre>
 *   metadata  cm4j.format = 1
 *             cm4j.model  = {"network": …, "scalings": …, "sigmas": …, …}
 * </pre>
 *
 * <p>Weights may be stored in half precision; vectors (biases and norms) always stay float32.
 */
public final class ModelFile implements AutoCloseable {

    private static final String FORMAT_KEY = "cm4j.format";
    private static final String CARD_KEY = CheckpointSource.CARD;
    private static final String FORMAT = "1";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SafetensorsFile file;
    private final ModelCard card;

    private ModelFile(SafetensorsFile file, ModelCard card) {
        this.file = file;
        this.card = card;
    }

    /**
     * Writes a model; the file appears whole or not at all.
     *
     * @param path replaced if it exists
     * @param card describes the network
     * @param network the weights
     * @param storage element type of the matrices and kernels: F32, F16 or BF16
     */
    public static void save(Path path, ModelCard card, UNet network, DType storage) {
        if (!network.config().equals(card.network())) {
            throw new IllegalArgumentException(
                    "the card describes "
                            + card.network()
                            + ", the weights are of "
                            + network.config());
        }
        try (Scope _ = Scope.open()) {
            Map<String, TensorEntry> entries = new LinkedHashMap<>();
            network.parameters()
                    .forEach((name, weight) -> entries.put(name, entry(name, weight, storage)));
            SafetensorsFile.write(path, entries, metadata(card));
        }
    }

    /**
     * The texts that make a safetensors file of weights a model.
     *
     * @param card describes the weights
     * @return metadata of the file
     */
    public static Map<String, String> metadata(ModelCard card) {
        try {
            String json = JSON.writeValueAsString(RecordWriter.write(card));
            return Map.of(FORMAT_KEY, FORMAT, CARD_KEY, json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write the model card as JSON", e);
        }
    }

    /**
     * Gives a model file another card, such as one with other noise levels; the weights stay as
     * they are, and the file is replaced whole or not at all.
     *
     * @param path a model file
     * @param card of the same network
     * @throws FormatException if it is not a cm4j model file
     * @throws IllegalArgumentException if the card describes another network
     */
    public static void describe(Path path, ModelCard card) {
        try (ModelFile model = open(path)) {
            if (!model.card().network().equals(card.network())) {
                throw new IllegalArgumentException(
                        "the card describes another network than the weights of " + path);
            }
            Map<String, String> metadata = new LinkedHashMap<>(model.file.metadata());
            metadata.put(CARD_KEY, JSON.writeValueAsString(RecordWriter.write(card)));
            SafetensorsFile.write(path, model.file.entries(), metadata);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write the model card as JSON", e);
        }
    }

    private static TensorEntry entry(String name, Tensor weight, DType storage) {
        Tensor here = weight.to(Device.CPU);
        Tensor stored = (here.rank() > 1 ? here.to(storage) : here).contiguous();
        return new TensorEntry(name, stored.dtype(), stored.shape(), stored.asSegment());
    }

    /**
     * Opens a model file and reads its card; weights are read by {@link #network}.
     *
     * @throws FormatException if it is not a cm4j model file
     */
    public static ModelFile open(Path path) {
        SafetensorsFile file = SafetensorsFile.open(path);
        try {
            return new ModelFile(file, card(path, file.metadata()));
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /**
     * The card in the texts of a safetensors file.
     *
     * @param path the file, for messages
     * @param metadata its texts
     * @throws FormatException if there is none, or of another version
     */
    public static ModelCard card(Path path, Map<String, String> metadata) {
        String json = metadata.get(CARD_KEY);
        if (json == null) {
            throw new FormatException(
                    path,
                    "no '" + CARD_KEY + "' in the metadata",
                    "a model that cm4j trained or converted");
        }
        if (!FORMAT.equals(metadata.get(FORMAT_KEY))) {
            throw new FormatException(
                    path, "model format " + metadata.get(FORMAT_KEY), "format " + FORMAT);
        }
        try {
            JsonNode tree = JSON.readTree(json);
            return new RecordReader(Map.of("kind", NetworkKind.ADM))
                    .read(tree, ModelCard.class, "");
        } catch (JsonProcessingException e) {
            throw new FormatException(path, e.getOriginalMessage(), "a model card in JSON", e);
        } catch (PresetException e) {
            throw new FormatException(path, e.getMessage(), "a model card of this version", e);
        }
    }

    public ModelCard card() {
        return card;
    }

    public Path path() {
        return file.path();
    }

    /** Element type of the weights with more than one dimension. */
    public DType storage() {
        return file.entries().values().stream()
                .filter(entry -> entry.shape().length > 1)
                .map(TensorEntry::dtype)
                .findFirst()
                .orElse(DType.F32);
    }

    /**
     * A network with the file's weights, which it reads when it needs them.
     *
     * @return a new network, the caller's to close; this file may be closed before it
     * @throws FormatException if weights are missing, unknown or of another shape
     */
    public UNet network() {
        return StoredNetwork.open(file.path(), card.network(), StoredTensors.of(file));
    }

    @Override
    public void close() {
        file.close();
    }
}
