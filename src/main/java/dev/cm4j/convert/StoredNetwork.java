package dev.cm4j.convert;

import dev.cm4j.checkpoint.FilePlace;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.nn.WeightPart;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Networks whose weights stay in the files of a checkpoint until they are needed. What the files
 * have as it is needed, but for the type of its elements, is read there; what had to be put
 * together or into another order is held in memory.
 */
public final class StoredNetwork {

    private static final Set<DType> READ = Set.of(DType.F32, DType.F64, DType.F16, DType.BF16);

    private StoredNetwork() {}

    /**
     * A network with these weights.
     *
     * @param path what was opened, for messages
     * @param config the network
     * @param tensors its weights and nothing else, under OpenAI's names; may be closed afterwards
     * @return a new network, the caller's to close; as long as it needs its files they stay open
     *     and must not be written to, else it throws {@link java.io.UncheckedIOException}
     * @throws FormatException if weights are missing, unknown or of another shape, or a file was
     *     replaced meanwhile
     */
    public static UNet open(Path path, UNetConfig config, StoredTensors tensors) {
        Map<String, long[]> layout = OpenAiLayout.of(config);
        for (String name : tensors.names()) {
            if (!layout.containsKey(name)) {
                throw new FormatException(
                        path, "a weight '" + name + "'", "those of the network it describes only");
            }
        }
        Map<Path, FilePlace> places = new HashMap<>();
        try (var _ = Scope.open()) {
            Map<String, List<WeightPart>> parts = new LinkedHashMap<>();
            layout.forEach((name, shape) -> {
                if (!tensors.names().contains(name)) {
                    throw new FormatException(path, "no weight '" + name + "'", "all weights");
                }
                List<TensorEntry> pieces = tensors.pieces(name);
                requireShape(path, name, pieces, shape);
                parts.put(
                        name,
                        pieces.stream()
                                .map(piece -> part(piece, tensors.place(piece), places))
                                .toList());
            });
            UNet net = UNet.open(config, parts);
            try {
                places.values().forEach(place -> place.stamp().requireOf(place.file()));
                return net;
            } catch (RuntimeException | Error e) {
                net.close();
                throw e;
            }
        }
    }

    private static WeightPart part(
            TensorEntry piece, Optional<FilePlace> place, Map<Path, FilePlace> places) {
        if (place.isEmpty() || !READ.contains(piece.dtype())) {
            return new WeightPart.InMemory(
                    Tensor.copyOf(piece.data(), piece.dtype(), piece.shape()));
        }
        FilePlace found = place.orElseThrow();
        places.put(found.file(), found);
        long count = piece.data().byteSize() / piece.dtype().bytes();
        return new WeightPart.InFile(found.file(), found.offset(), piece.dtype(), count);
    }

    /** Pieces are rows of the whole; a single one has its very shape. */
    private static void requireShape(
            Path path, String name, List<TensorEntry> pieces, long[] shape) {
        long expected = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        long given = pieces.stream().mapToLong(p -> p.data().byteSize() / p.dtype().bytes()).sum();
        long[] first = pieces.getFirst().shape();
        if (given != expected || (pieces.size() == 1 && !Arrays.equals(first, shape))) {
            throw new FormatException(
                    path, name + " of shape " + Arrays.toString(first), Arrays.toString(shape));
        }
    }
}
