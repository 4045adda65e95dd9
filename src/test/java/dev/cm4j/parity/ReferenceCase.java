package dev.cm4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * One recorded case: its description, its input tensors, and its expected outputs with the
 * tolerance of each.
 */
final class ReferenceCase implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final JsonNode description;
    private final Optional<SafetensorsFile> tensors;

    private ReferenceCase(Path folder, JsonNode description, Optional<SafetensorsFile> tensors) {
        this.folder = folder;
        this.description = description;
        this.tensors = tensors;
    }

    static ReferenceCase open(Path folder) {
        JsonNode description = describe(folder);
        Path file = folder.resolve(description.path("tensors_file").asText("tensors.safetensors"));
        return new ReferenceCase(
                folder,
                description,
                Files.exists(file) ? Optional.of(SafetensorsFile.open(file)) : Optional.empty());
    }

    static JsonNode describe(Path folder) {
        return json(folder.resolve("case.json"));
    }

    /** Any file of a case in JSON. */
    static JsonNode json(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return description.path("case").asText();
    }

    String kind() {
        return description.path("kind").asText();
    }

    JsonNode get(String key) {
        return description.path(key);
    }

    Path folder() {
        return folder;
    }

    boolean has(String tensor) {
        return description.path("tensors").has(tensor);
    }

    /** The recorded tensor, widened to float32 where it is stored as float16. */
    Tensor tensor(String name) {
        TensorEntry entry = entry(name);
        Tensor stored = Tensor.copyOf(entry.data(), entry.dtype(), entry.shape());
        return entry.dtype() == DType.F16 ? stored.to(DType.F32) : stored;
    }

    Optional<Tensor> optionalTensor(String name) {
        return has(name) ? Optional.of(tensor(name)) : Optional.empty();
    }

    double[] values(String name) {
        return tensor(name).to(DType.F64).toDoubles();
    }

    void check(String name, Tensor ours) {
        assertEquals(
                shape(name), Arrays.toString(ours.shape()), () -> name() + ": shape of " + name);
        check(name, ours.contiguous().to(DType.F64).toDoubles());
    }

    /** Requires |ours − expected| ≤ atol + rtol |expected| of every element. */
    void check(String name, double[] ours) {
        check(name, ours, 0);
    }

    /** As {@link #check(String, double[])}; the case may leave the relative tolerance to us. */
    void check(String name, double[] ours, double defaultRtol) {
        JsonNode spec = description.path("tensors").path(name);
        double atol = spec.path("atol").asDouble(0);
        double rtol = spec.path("rtol").asDouble(spec.has("atol") ? 0 : defaultRtol);
        double[] expected = values(name);
        assertEquals(expected.length, ours.length, () -> name() + ": length of " + name);
        int worst = -1;
        double worstExcess = 0;
        for (int i = 0; i < expected.length; i++) {
            double allowed = atol + rtol * Math.abs(expected[i]);
            double excess = distance(ours[i], expected[i]) - allowed;
            if (!(excess <= worstExcess)) {
                worst = i;
                worstExcess = excess;
            }
        }
        if (worst >= 0) {
            fail(
                    "%s: %s[%d] is %.9g, expected %.9g within %.3g + %.3g·|expected|"
                            .formatted(
                                    name(), name, worst, ours[worst], expected[worst], atol, rtol));
        }
    }

    /** As {@link #check(String, double[])}, where the case holds this output at all. */
    void checkIfPresent(String name, Tensor ours) {
        if (has(name)) {
            check(name, ours);
        }
    }

    private static double distance(double a, double b) {
        return a == b || Double.isNaN(a) && Double.isNaN(b) ? 0 : Math.abs(a - b);
    }

    private String shape(String name) {
        return Arrays.toString(entry(name).shape());
    }

    private TensorEntry entry(String name) {
        return tensors.orElseThrow(() -> new AssertionError(folder + " has no file of tensors"))
                .entry(name);
    }

    @Override
    public void close() {
        tensors.ifPresent(SafetensorsFile::close);
    }
}
