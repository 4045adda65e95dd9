package dev.cm4j.preset;

import dev.cm4j.nn.UNet;
import dev.cm4j.tensor.Library;
import dev.cm4j.train.Run;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.StepListener;
import dev.cm4j.train.StopReason;
import dev.cm4j.train.TrainState;
import java.nio.file.Path;
import java.util.List;

/**
 * Keeps {@code model.safetensors} in a run's folder up to date: written with every checkpoint and
 * at the end, from the average that the preset names.
 */
public final class ModelWriter implements StepListener {

    private final Preset preset;
    private final Run run;
    private final String datasetFingerprint;
    private long written = -1;

    /**
     * @param preset the run's preset
     * @param run the run
     * @param datasetFingerprint identity of its data
     */
    public ModelWriter(Preset preset, Run run, String datasetFingerprint) {
        this.preset = preset;
        this.run = run;
        this.datasetFingerprint = datasetFingerprint;
    }

    @Override
    public void onCheckpoint(Path folder, TrainState state) {
        write(state);
    }

    @Override
    public void onEnd(TrainState state, StopReason reason) {
        if (written != state.step()) {
            write(state);
        }
    }

    private void write(TrainState state) {
        write(RunFolder.model(run.folder()), state);
        written = state.step();
    }

    /** Writes or replaces a file with the model that the state holds now. */
    void write(Path file, TrainState state) {
        ModelFile.save(file, card(state), network(state), preset.sampling().storage());
    }

    /** The weights that make the model: the average that the preset names. */
    public UNet network(TrainState state) {
        return state.network(preset.sampling().average());
    }

    /** The card of the model that the state holds now. */
    public ModelCard card(TrainState state) {
        DataSection data = preset.data();
        boolean conditional = preset.network().classes() > 0;
        return new ModelCard(
                preset.network(),
                preset.method().scalings(),
                preset.method().time(),
                preset.method().range(),
                preset.sampling().sigmas(),
                new ModelCard.Data(
                        data.dataset(),
                        data.channels(),
                        data.height(),
                        data.width(),
                        conditional ? data.classNames() : List.of(),
                        datasetFingerprint),
                new ModelCard.Training(
                        preset.name(),
                        preset.sampling().average(),
                        state.step(),
                        state.imagesSeen(),
                        state.counters().seconds(),
                        run.seed(),
                        Library.version(),
                        preset.text()));
    }
}
