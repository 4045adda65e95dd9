package dev.cm4j.metric;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.StateDict;
import dev.cm4j.checkpoint.TensorFile;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Reads the weights of a network from a state dict of any kind. */
final class ExtractorFile {

    private ExtractorFile() {}

    /**
     * Makes a network.
     *
     * @param file {@code .pt}, {@code .pth}, {@code .th} or safetensors
     * @param what the network's name, for complaints
     * @param network takes the tensors by name, which end when it returns
     * @return the network
     * @throws FormatException if the file is damaged or holds another network
     */
    static <N> N read(Path file, String what, Function<Map<String, Tensor>, N> network) {
        try (TensorFile open = TensorFile.open(file);
                var _ = Scope.open()) {
            Map<String, Tensor> weights = new LinkedHashMap<>();
            StateDict.of(open, Optional.empty())
                    .entries()
                    .forEach((name, entry) ->
                            weights.put(
                                    name,
                                    Tensor.copyOf(entry.data(), entry.dtype(), entry.shape())));
            return network.apply(weights);
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, e.getMessage(), "the state dict of " + what, e);
        }
    }
}
