package dev.cm4j;

import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.convert.OpenAiLayout;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.Guidance;
import dev.cm4j.model.ModelKind;
import dev.cm4j.nn.UNet;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.Preset;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.TeacherMark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A diffusion model that students learn from, or any model that they begin with, read from any kind
 * of checkpoint. It belongs to the thread that opened it and lives until closed.
 */
public final class Teacher implements AutoCloseable {

    private final LoadedModel model;
    private final TeacherMark mark;

    private Teacher(LoadedModel model, TeacherMark mark) {
        this.model = model;
        this.mark = mark;
    }

    /**
     * Opens a teacher.
     *
     * @param path a cm4j model or the folder of a finished run, a {@code .pt} or {@code
     *     .safetensors} file, or a folder of diffusers
     * @param options arithmetic and device
     * @return the teacher, the caller's to close
     * @throws IllegalArgumentException if there is nothing
     * @throws dev.cm4j.checkpoint.FormatException if it is no model
     */
    public static Teacher open(Path path, OpenOptions options) {
        Path source = source(path);
        LoadedModel model = LoadedModel.open(source, options);
        try {
            model.net().training(false);
            return new Teacher(
                    model, new TeacherMark(source.toString(), FileDigest.sha256OfAll(source)));
        } catch (RuntimeException e) {
            model.net().close();
            throw e;
        }
    }

    /** The model in a run's folder, else the path itself. */
    private static Path source(Path path) {
        if (!Files.exists(path)) {
            throw new IllegalArgumentException(
                    "there is no teacher "
                            + path
                            + "; a teacher is a model file, a run, a .pt file or a folder of"
                            + " diffusers, or auto to train one first");
        }
        if (!Files.exists(RunFolder.configuration(path))) {
            return path;
        }
        Path finished = RunFolder.model(path);
        if (!Files.exists(finished)) {
            throw new IllegalArgumentException(
                    "the run " + path + " has no " + finished.getFileName() + " to learn from yet");
        }
        return finished;
    }

    /** Path and hash, for the run's folder. */
    public TeacherMark mark() {
        return mark;
    }

    /** What the teacher is. */
    public ModelCard card() {
        return model.card();
    }

    /** Its weights, borrowed, for a student to begin with. */
    public UNet net() {
        return model.net();
    }

    /**
     * Refuses a preset that cannot use this teacher: methods that learn from one need a diffusion
     * model of the same pictures and classes, others only begin with weights that agree in name and
     * shape.
     *
     * @throws IllegalArgumentException naming what differs
     */
    public void requireFits(Preset preset) {
        if (preset.needsTeacher()) {
            refuseConsistency();
            requireSamePictures(preset);
            requireClasses(preset);
        } else {
            requireWeights(preset);
        }
    }

    /** What cm4j trained says what it is; for files of others the caller's word is taken. */
    private void refuseConsistency() {
        var training = model.card().training();
        boolean ours = !training.configuration().isEmpty();
        if (ours && model.card().kind().filter(ModelKind.CONSISTENCY::equals).isPresent()) {
            throw new IllegalArgumentException(
                    mark.path()
                            + " is a consistency model (preset "
                            + training.preset()
                            + "); a teacher is a diffusion model, such as preset digits-edm trains");
        }
    }

    private void requireWeights(Preset preset) {
        Map<String, long[]> wanted = OpenAiLayout.of(preset.network());
        boolean some =
                OpenAiLayout.of(model.card().network()).entrySet().stream()
                        .anyMatch(its -> Arrays.equals(its.getValue(), wanted.get(its.getKey())));
        if (!some) {
            throw new IllegalArgumentException(
                    "none of the weights of %s fit the network of preset %s, which would begin with them"
                            .formatted(mark.path(), preset.name()));
        }
    }

    private void requireSamePictures(Preset preset) {
        String name = "teacher " + mark.path();
        var network = model.card().network();
        var data = preset.data();
        List<Integer> ours = List.of(data.channels(), data.height(), data.width());
        List<Integer> its = List.of(network.inChannels(), network.imageSize(), network.imageSize());
        if (!ours.equals(its)) {
            throw new IllegalArgumentException(
                    "%s makes pictures of %dx%dx%d, preset %s learns %dx%dx%d"
                            .formatted(
                                    name,
                                    its.get(0),
                                    its.get(1),
                                    its.get(2),
                                    preset.name(),
                                    ours.get(0),
                                    ours.get(1),
                                    ours.get(2)));
        }
    }

    private void requireClasses(Preset preset) {
        String name = "teacher " + mark.path();
        var data = preset.data();
        int classes = model.card().network().classes();
        int known =
                data.classNames().isEmpty() ? preset.network().classes() : data.classNames().size();
        if (classes == 0) {
            return;
        }
        if (preset.network().classes() == 0) {
            throw new IllegalArgumentException(
                    "%s wants a class for each picture, but network.classes of preset %s is 0"
                            .formatted(name, preset.name()));
        }
        if (classes != known && classes != known + 1) {
            throw new IllegalArgumentException(
                    "%s has a table of %d classes, preset %s has data of %d"
                            .formatted(name, classes, preset.name(), known));
        }
        if (preset.method().labelDropout().orElse(0.0) > 0 && classes == known) {
            throw new IllegalArgumentException(
                    name
                            + " has no class for none, which method.label_dropout needs; train it"
                            + " with label dropout, or write 0");
        }
    }

    /**
     * The teacher as a function.
     *
     * @param guidance weight of classifier-free guidance; empty: none
     * @throws IllegalArgumentException if it shall be guided and has no class for none
     */
    public Denoiser denoiser(Optional<Double> guidance) {
        var whole = model.model();
        ConsistencyModel diffusion =
                whole.scalings() instanceof EdmScalings
                        ? whole
                        : whole.with(new EdmScalings(whole.scalings().sigmaData()));
        if (guidance.isPresent()) {
            int none =
                    model.card()
                            .nullClass()
                            .orElseThrow(() ->
                                    new IllegalArgumentException(
                                            "teacher "
                                                    + mark.path()
                                                    + " cannot be guided: it has no class for none;"
                                                    + " train it with method.label_dropout"));
            return on(diffusion, Guidance.classifierFree(diffusion, none, guidance.get()));
        }
        return model.card().network().classes() > 0
                ? diffusion
                : on(diffusion, (x, sigma, _) -> diffusion.denoise(x, sigma, Optional.empty()));
    }

    /** A function that computes where the network lies. */
    private static Denoiser on(ConsistencyModel model, Denoiser function) {
        return new Denoiser() {
            @Override
            public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels) {
                return function.denoise(x, sigma, labels);
            }

            @Override
            public Device device() {
                return model.device();
            }
        };
    }

    /** Frees the network. */
    @Override
    public void close() {
        model.net().close();
    }
}
