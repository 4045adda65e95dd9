package dev.cm4j.cli;

import dev.cm4j.Cm4j;
import dev.cm4j.EditRequest;
import dev.cm4j.EditedPicture;
import dev.cm4j.Editor;
import dev.cm4j.edit.LevelChoice;
import dev.cm4j.edit.PictureFit;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What every edit is told, and the course it takes: read, edit, write. */
final class EditOptions {

    @Parameters(index = "0", paramLabel = "MODEL", description = "Model file.")
    private Path model;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "PICTURE", description = "Pictures.")
    private List<Path> files;

    @Mixin private WeightsChoice weights;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "PATH",
            required = true,
            description = "x.png for one result, else a folder.")
    private Path out;

    @Option(
            names = "--sheet",
            paramLabel = "FILE",
            description = "Also write a PNG that shows before and after, a row each.")
    private Optional<Path> sheet;

    @Option(
            names = "--label",
            paramLabel = "N",
            description = "Class of the pictures (default: guessed).")
    private Optional<Long> label;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin private ModelOptions options;

    /** The files named. */
    List<Path> files() {
        return files;
    }

    /** What is asked of the editor. */
    EditRequest request(CommandSpec spec, LevelChoice levels, int count) {
        OptionalLong of = label.isPresent() ? OptionalLong.of(label.get()) : OptionalLong.empty();
        return Usage.check(spec, () -> new EditRequest(levels, of, seed, count, options.batch()));
    }

    /**
     * Runs an edit.
     *
     * @param spec the command
     * @param results how many results there will be
     * @param work number of steps the editor will report
     * @param size what pictures are resized to
     * @param edit from an editor and the pictures to what became of them
     * @param order how a row of the sheet is laid out
     * @return the exit code
     */
    int run(
            CommandSpec spec,
            int results,
            int work,
            Function<Editor, PictureFit> size,
            Edit edit,
            Function<EditedPicture, List<Picture>> order) {
        options.prepare(spec);
        var writer = Usage.check(spec, () -> new EditWriter(out, sheet, results));
        PrintWriter err = spec.commandLine().getErr();
        List<Picture> pictures = files.stream().map(PictureFile::read).toList();
        try (var pipeline = options.open(model, weights.options(spec));
                var progress = ProgressLine.open(err, Main.terminal(spec), spec.name(), work, "")) {
            Editor editor = pipeline.editor().heardBy(done -> progress.at(done, ""));
            PictureFit fit = Usage.check(spec, () -> size.apply(editor));
            for (int i = 0; i < files.size(); i++) {
                Path file = files.get(i);
                fit.remark(pictures.get(i))
                        .ifPresent(remark -> err.println(file.getFileName() + ": " + remark));
            }
            List<EditedPicture> edited = Usage.check(spec, () -> edit.of(editor, pictures));
            for (Path written : writer.write(files, edited, order, remarks(spec, edited))) {
                spec.commandLine().getOut().println(written);
            }
            said(err, edited);
        }
        return Main.DONE;
    }

    /** An edit of all pictures. */
    @FunctionalInterface
    interface Edit {
        List<EditedPicture> of(Editor editor, List<Picture> pictures);
    }

    private void said(PrintWriter err, List<EditedPicture> edited) {
        for (int i = 0; i < edited.size(); i++) {
            EditedPicture one = edited.get(i);
            Path file = files.get(i);
            if (label.isEmpty() && one.label().isPresent()) {
                err.println(file.getFileName() + ": taken for class " + one.label().getAsLong());
            }
            one.sigma()
                    .ifPresent(sigma ->
                            err.printf(
                                    Locale.ROOT,
                                    "%s: noise of %.3f removed%n",
                                    file.getFileName(),
                                    sigma));
        }
    }

    private Map<String, String> remarks(CommandSpec spec, List<EditedPicture> edited) {
        Map<String, String> remarks = new LinkedHashMap<>();
        remarks.put("cm4j", Cm4j.VERSION);
        remarks.put("edit", spec.name());
        remarks.put("seed", Long.toString(seed));
        remarks.put(
                "labels",
                edited.stream()
                        .flatMapToLong(one -> one.label().stream())
                        .mapToObj(Long::toString)
                        .collect(Collectors.joining(",")));
        remarks.put("checkpoint", ModelOptions.identity(model));
        return remarks;
    }
}
