package dev.cm4j.train;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.loss.WeightHead;
import dev.cm4j.nn.UNet;
import dev.cm4j.optim.Optimizer;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A {@link TrainState} as files, and back.
 *
 * <pre>
 *   model.safetensors         θ, float32, under the PyTorch names
 *   target.safetensors        θ⁻, where there is one
 *   ema-LABEL.safetensors     each evaluation average
 *   optimizer.safetensors     NAME.exp_avg and NAME.exp_avg_sq of each parameter; step, int64
 *   weight.safetensors        head: what the learnt weight of the losses carries, where there is one
 *   loss-scale.safetensors    log2 and growth of the {@link LossScale}, where there is one
 *   state.json                {@link CheckpointManifest}
 * </pre>
 */
final class TrainingCheckpoint {

    /** Weights of the network that learns. */
    static final String MODEL = "model.safetensors";

    /** Moments of the optimiser. */
    static final String OPTIMIZER = "optimizer.safetensors";

    private static final String FIRST = ".exp_avg";
    private static final String SECOND = ".exp_avg_sq";
    private static final String STEP = "step";
    private static final String WEIGHT = "weight.safetensors";
    private static final String HEAD = "head";
    private static final String SCALE_FILE = "loss-scale.safetensors";
    private static final String SCALE = "loss_scale";

    private TrainingCheckpoint() {}

    /** Fills an empty folder; the manifest comes last. */
    static void write(Path folder, TrainState state, CheckpointManifest manifest) {
        try (Scope _ = Scope.open()) {
            writeNetwork(folder.resolve(MODEL), state.online());
            state.target().ifPresent(t -> writeNetwork(folder.resolve("target.safetensors"), t));
            for (EvaluationAverage average : state.averages()) {
                writeNetwork(folder.resolve(averageFile(average)), average.network());
            }
            writeOptimizer(folder.resolve(OPTIMIZER), state);
            state.weightHead()
                    .ifPresent(head -> writeNumbers(folder.resolve(WEIGHT), HEAD, head.state()));
            state.lossScale()
                    .ifPresent(scale ->
                            writeNumbers(
                                    folder.resolve(SCALE_FILE),
                                    SCALE,
                                    scale.log2(),
                                    scale.growth()));
        }
        manifest.withFiles(marks(folder)).write(folder);
    }

    private static TreeMap<String, CheckpointManifest.FileMark> marks(Path folder) {
        TreeMap<String, CheckpointManifest.FileMark> marks = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(
                    f -> marks.put(f.getFileName().toString(), CheckpointManifest.FileMark.of(f)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
        return marks;
    }

    private static String averageFile(EvaluationAverage average) {
        return "ema-" + average.config().label() + ".safetensors";
    }

    private static void writeNetwork(Path file, UNet network) {
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        network.parameters().forEach((name, tensor) -> put(entries, name, tensor));
        SafetensorsFile.write(file, entries, Map.of());
    }

    /** The moments are one vector each; a network of the same shape cuts them into parameters. */
    private static void writeOptimizer(Path file, TrainState state) {
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        Optimizer optimizer = state.optimizer();
        try (UNet first = UNet.zeroed(state.recipe().network());
                UNet second = UNet.zeroed(state.recipe().network())) {
            first.weights().assign(optimizer.expAvg());
            first.parameters().forEach((name, tensor) -> put(entries, name + FIRST, tensor));
            second.weights().assign(optimizer.expAvgSq());
            second.parameters().forEach((name, tensor) -> put(entries, name + SECOND, tensor));
            put(entries, STEP, Tensor.of(new long[] {optimizer.stepCount()}, 1));
            SafetensorsFile.write(file, entries, Map.of());
        }
    }

    private static void writeNumbers(Path file, String name, double... values) {
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        put(entries, name, Tensor.of(values, values.length));
        SafetensorsFile.write(file, entries, Map.of());
    }

    private static void readHead(Path file, WeightHead head) {
        try {
            head.restore(readNumbers(file, HEAD, "the learnt weight"));
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, e.getMessage(), "the learnt weight", e);
        }
    }

    private static LossScale readScale(Path file) {
        double[] numbers = readNumbers(file, SCALE, "the scale of the loss");
        if (numbers.length != 2) {
            throw new FormatException(file, numbers.length + " numbers", "log2 and growth");
        }
        return new LossScale(numbers[0], numbers[1]);
    }

    private static double[] readNumbers(Path file, String name, String expected) {
        try (SafetensorsFile open = openPart(file)) {
            TensorEntry entry = open.entries().get(name);
            if (entry == null) {
                throw new FormatException(file, "no tensor '" + name + "'", expected);
            }
            return tensor(entry).toDoubles();
        }
    }

    private static void put(Map<String, TensorEntry> entries, String name, Tensor tensor) {
        var data = tensor.to(Device.CPU).contiguous().asSegment();
        entries.put(name, new TensorEntry(name, tensor.dtype(), tensor.shape(), data));
    }

    /**
     * Reads a checkpoint whose files were verified.
     *
     * @return a new state, the caller's to close
     * @throws FormatException if a file does not fit the recipe
     */
    static TrainState read(Path folder, CheckpointManifest manifest, Recipe recipe) {
        TrainState state = TrainState.startingFrom(recipe, UNet.zeroed(recipe.network()));
        try (Scope _ = Scope.open()) {
            readNetwork(folder.resolve(MODEL), state.online());
            state.target().ifPresent(t -> readNetwork(folder.resolve("target.safetensors"), t));
            for (EvaluationAverage average : state.averages()) {
                readNetwork(folder.resolve(averageFile(average)), average.network());
            }
            readOptimizer(folder.resolve(OPTIMIZER), state);
            state.weightHead().ifPresent(head -> readHead(folder.resolve(WEIGHT), head));
            Path scale = folder.resolve(SCALE_FILE);
            if (Files.isRegularFile(scale)) { // of a run in float16
                state.lossScale(readScale(scale));
            }
            state.counters(
                    new TrainState.Counters(
                            manifest.step(),
                            manifest.skippedSteps(),
                            manifest.seconds(),
                            manifest.stage()));
            return state;
        } catch (RuntimeException e) {
            state.close();
            throw e;
        }
    }

    private static void readNetwork(Path file, UNet network) {
        try (SafetensorsFile open = openPart(file)) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            open.entries().forEach((name, entry) -> tensors.put(name, tensor(entry)));
            load(file, network, tensors);
        }
    }

    private static void readOptimizer(Path file, TrainState state) {
        Map<String, Tensor> first = new LinkedHashMap<>();
        Map<String, Tensor> second = new LinkedHashMap<>();
        Optimizer optimizer = state.optimizer();
        try (SafetensorsFile open = openPart(file);
                UNet shape = UNet.zeroed(state.recipe().network())) {
            if (!open.names().contains(STEP)) {
                throw new FormatException(file, "no tensor 'step'", "the optimiser's step count");
            }
            for (TensorEntry entry : open.entries().values()) {
                String name = entry.name();
                if (name.equals(STEP)) {
                    optimizer.stepCount(tensor(entry).toLongs()[0]);
                } else if (name.endsWith(SECOND)) {
                    second.put(withoutEnd(name, SECOND), tensor(entry));
                } else {
                    first.put(withoutEnd(name, FIRST), tensor(entry));
                }
            }
            load(file, shape, first);
            optimizer.expAvg().assign(shape.weights());
            load(file, shape, second);
            optimizer.expAvgSq().assign(shape.weights());
        }
    }

    private static String withoutEnd(String name, String end) {
        return name.endsWith(end) ? name.substring(0, name.length() - end.length()) : name;
    }

    private static SafetensorsFile openPart(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new FormatException(file, "no file", "a part of the checkpoint");
        }
        return SafetensorsFile.open(file);
    }

    private static void load(Path file, UNet network, Map<String, Tensor> tensors) {
        try {
            network.load(tensors);
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, e.getMessage(), "the recipe's network", e);
        }
    }

    private static Tensor tensor(TensorEntry entry) {
        return Tensor.copyOf(entry.data(), entry.dtype(), entry.shape());
    }
}
