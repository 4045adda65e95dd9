package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.PendingTensor;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.ShardedSafetensors;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchWriter;
import dev.cm4j.checkpoint.WriteProgress;
import dev.cm4j.tensor.DType;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * The weights of a checkpoint on their way to a file in another form.
 *
 * <p>One tensor is in memory at a time, whatever the size of the checkpoint; the output appears
 * whole or not at all.
 *
 * @param source the open checkpoint, borrowed
 * @param format form of the output
 * @param dtype element type of the output; empty: that of the source. Vectors of a cm4j model stay
 *     float32
 * @param shardBytes most bytes of tensors in one safetensors file; empty: a single file
 */
public record Conversion(
        CheckpointSource source,
        OutputFormat format,
        Optional<DType> dtype,
        OptionalLong shardBytes) {

    private static final double LARGEST_HALF = 65520; // from here on, rounding gives infinity

    /**
     * Checks that the parts fit together.
     *
     * @throws IllegalArgumentException if the type is none of F32, F16 and BF16, or another form
     *     than safetensors is to be spread over files
     * @throws FormatException if the network cannot be written in this form
     */
    public Conversion {
        if (dtype.isPresent() && !List.of(DType.F32, DType.F16, DType.BF16).contains(dtype.get())) {
            throw new IllegalArgumentException(
                    "weights are stored as f32, f16 or bf16, not " + dtype.get());
        }
        if (shardBytes.isPresent() && format != OutputFormat.SAFETENSORS) {
            throw new IllegalArgumentException(
                    "only safetensors are spread over files, not a " + format.words());
        }
        if (format == OutputFormat.DIFFUSERS) {
            try {
                DiffusersUNetConfig.requireExpressible(source.network());
                source.noise().scheduler();
            } catch (IllegalArgumentException e) {
                throw new FormatException(
                        source.path(), e.getMessage(), "a model that diffusers can sample", e);
            }
        }
    }

    /** The tensors as they will be written, under OpenAI's names. */
    public Map<String, TensorEntry> result() {
        Map<String, TensorEntry> from = source.entries();
        Map<String, Supplier<TensorEntry>> makers = new LinkedHashMap<>();
        for (PendingTensor tensor : PendingTensor.of(from)) {
            PendingTensor stored = stored(tensor);
            makers.put(
                    tensor.name(),
                    stored.dtype() == tensor.dtype()
                            ? () -> from.get(tensor.name())
                            : () ->
                                    new TensorEntry(
                                            stored.name(),
                                            stored.dtype(),
                                            stored.shape(),
                                            stored.data().get()));
        }
        return new LazyEntries(makers);
    }

    private List<PendingTensor> pending() {
        return PendingTensor.of(source.entries()).stream().map(this::stored).toList();
    }

    private PendingTensor stored(PendingTensor tensor) {
        boolean vector = format == OutputFormat.CM4J && tensor.shape().length < 2;
        return dtype.map(type -> tensor.as(vector ? DType.F32 : type)).orElse(tensor);
    }

    /**
     * Requires that every number fits the type it will be stored in.
     *
     * @throws FormatException naming the first tensor with a number that does not
     */
    public void requireRange() {
        if (!dtype.equals(Optional.of(DType.F16))) {
            return;
        }
        for (String name : source.entries().keySet()) {
            TensorEntry entry = source.entries().get(name);
            if (format == OutputFormat.CM4J && entry.shape().length < 2) {
                continue;
            }
            for (long i = 0, count = entry.elementCount(); i < count; i++) {
                double value = Math.abs(Elements.get(entry.data(), entry.dtype(), i));
                if (value >= LARGEST_HALF && !Double.isInfinite(value)) {
                    throw new FormatException(
                            source.path(),
                            name + " has the value " + value + ", which f16 cannot hold",
                            "--dtype bf16 or f32");
                }
            }
        }
    }

    /**
     * Writes the output.
     *
     * @param out the file, the index of several, or the folder
     * @param metadata texts for the header of a safetensors file, such as a model card
     * @param progress hears of each tensor
     * @return what was written: {@code out}, or the index of several files
     * @throws IllegalArgumentException if a folder is there already that holds something else
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public Path write(Path out, Map<String, String> metadata, WriteProgress progress) {
        switch (format) {
            case PT -> TorchWriter.write(out, pending(), progress);
            case SAFETENSORS -> {
                boolean index = out.toString().endsWith(ShardedSafetensors.SUFFIX);
                if (shardBytes.isEmpty() && !index) {
                    SafetensorsFile.write(out, pending(), metadata, progress);
                    return out;
                }
                Path target = index ? out : indexBeside(out);
                ShardedSafetensors.write(
                        target, pending(), shardBytes.orElse(Long.MAX_VALUE), progress);
                return target;
            }
            case CM4J -> SafetensorsFile.write(out, pending(), metadata, progress);
            case DIFFUSERS ->
                    DiffusersFolder.write(
                            out,
                            source.network(),
                            source.noise().scheduler(),
                            source.entries(),
                            dtype.orElseGet(() -> widest(source.entries())),
                            Optional.empty(),
                            progress);
        }
        return out;
    }

    /** x.safetensors becomes x.safetensors.index.json. */
    private static Path indexBeside(Path out) {
        String name = out.getFileName().toString();
        String stem =
                name.endsWith(".safetensors")
                        ? name.substring(0, name.length() - ".safetensors".length())
                        : name;
        return out.resolveSibling(stem + ShardedSafetensors.SUFFIX);
    }

    /** The type that holds all others, float32 at most as long as nothing is wider. */
    private static DType widest(Map<String, TensorEntry> entries) {
        List<DType> types = entries.values().stream().map(TensorEntry::dtype).distinct().toList();
        return types.size() == 1
                ? types.getFirst()
                : types.contains(DType.F64) ? DType.F64 : DType.F32;
    }
}
