package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.nn.Precision;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.CudaDevice;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step as one native call is the step taken operation by operation. */
@ExtendWith(NoLeaks.class)
class StepGraphNativeTest {

    private static final int STEPS = 8;

    @TempDir Path folder;

    private record Result(List<Double> losses, List<Double> norms, float[] online, float[] last) {}

    /** On the CPU by the plain twins. "digits" denoises first and has goals without noise. */
    @ParameterizedTest
    @ValueSource(strings = {"mnist-ct", "mnist-ict", "digits"})
    void graphs_take_the_same_steps(String name) {
        Preset preset = TinyRuns.preset(name);
        assertNear(
                run(preset, "eager", Device.CPU, Precision.F32, false, STEPS),
                run(preset, "graph", Device.CPU, Precision.F32, true, STEPS),
                2e-3);
    }

    @Tag("cuda")
    @Test
    void a_hundred_steps_of_a_graph_are_a_hundred_eager_steps() {
        Device device = CudaDevice.required();
        Preset preset = TinyRuns.preset("mnist-ct");
        assertNear(
                run(preset, "eager", device, Precision.BF16, false, 100),
                run(preset, "graph", device, Precision.BF16, true, 100),
                5e-2);
    }

    private Result run(
            Preset preset,
            String name,
            Device device,
            Precision precision,
            boolean graphs,
            int steps) {
        Run run = TinyRuns.run(preset, folder.resolve(name), steps);
        var recorder = new TinyRuns.Recorder();
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.begin(run);
                Scope _ = Scope.open()) {
            state.precision(precision);
            state.to(device);
            state.graphs(graphs);
            new Trainer(run, data, List.of(recorder)).train(state);
            var last =
                    state.averages().isEmpty()
                            ? state.online()
                            : state.averages().getLast().network();
            return new Result(
                    recorder.losses(),
                    recorder.steps.stream().map(StepRecord::gradientNorm).toList(),
                    state.online().weights().toFloats(),
                    last.weights().toFloats());
        }
    }

    private static void assertNear(Result expected, Result actual, double tolerance) {
        assertEquals(expected.losses().size(), actual.losses().size());
        for (int i = 0; i < expected.losses().size(); i++) {
            double loss = expected.losses().get(i);
            double norm = expected.norms().get(i);
            assertEquals(loss, actual.losses().get(i), tolerance * loss, "loss of step " + i);
            assertEquals(norm, actual.norms().get(i), tolerance * norm, "norm of step " + i);
        }
        assertTrue(distance(expected.online(), actual.online()) < tolerance, "weights");
        assertTrue(distance(expected.last(), actual.last()) < tolerance, "average");
    }

    private static double distance(float[] a, float[] b) {
        double distance = 0;
        double size = 0;
        for (int i = 0; i < a.length; i++) {
            distance += Math.pow((double) a[i] - b[i], 2);
            size += Math.pow(a[i], 2);
        }
        return Math.sqrt(distance / size);
    }
}
