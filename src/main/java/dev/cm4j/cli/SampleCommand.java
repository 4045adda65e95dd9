package dev.cm4j.cli;

import dev.cm4j.Cm4j;
import dev.cm4j.Generator;
import dev.cm4j.Pictures;
import dev.cm4j.Request;
import dev.cm4j.checkpoint.FileDigest;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes pictures with a model. */
@Command(
        name = "sample",
        description = "Make pictures with a model.",
        footer = {
            "",
            "Picture i depends on the seed and i alone, not on --num or --batch.",
            "Examples: cm4j sample --class 0-9 --num 100 --columns 10",
            "          cm4j sample model.safetensors --sigmas 80,0.8 --out pictures/",
        })
final class SampleCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            arity = "0..1",
            description = "Model file (default: models/digits.safetensors, else the newest run's).")
    private Optional<Path> model;

    @Mixin private LevelOptions levels;

    @Option(
            names = "--class",
            paramLabel = "LIST",
            converter = ClassList.Converter.class,
            description = "Classes in turn: 3, 0-9 or 1,2,3 (default: all).")
    private Optional<ClassList> classes;

    @Option(
            names = {"-n", "--num"},
            paramLabel = "N",
            defaultValue = "64",
            description = "Number of pictures (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            defaultValue = "samples.png",
            description = "x.png: a grid; x.npz: an array; else a folder (default: samples.png).")
    private Path out;

    @Option(
            names = "--columns",
            paramLabel = "N",
            description = "Columns of the grid (default: a square).")
    private Optional<Integer> columns;

    @Option(
            names = "--scale",
            paramLabel = "N",
            description = "Enlarge each pixel of the grid to N x N (default: 1 to 4, by size).")
    private Optional<Integer> scale;

    @Mixin private ModelOptions options;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        options.prepare(spec);
        Path file = Usage.check(spec, () -> model.orElseGet(RunChoice::model));
        Request request = Usage.check(spec, this::request);
        var writer = Usage.check(spec, () -> new PictureWriter(columns, scale));
        try (var pipeline = options.open(file)) {
            var generator = pipeline.generator();
            var sampler = Usage.check(spec, () -> generator.sampler(request));
            long start = System.nanoTime();
            Pictures pictures = generate(generator, request);
            double seconds = (System.nanoTime() - start) * 1e-9;
            Map<String, String> remarks = remarks(pictures, file, sampler.sigmas());
            Usage.run(spec, () -> writer.write(pictures, out, remarks));
            err.printf(
                    Locale.ROOT,
                    "%,d pictures in %.1f s (%.0f img/s), noise levels %s%n",
                    request.count(),
                    seconds,
                    request.count() / seconds,
                    NumberList.words(sampler.sigmas()));
        }
        spec.commandLine().getOut().println(out);
        return Main.DONE;
    }

    private Pictures generate(Generator generator, Request request) {
        PrintWriter err = spec.commandLine().getErr();
        try (var progress =
                ProgressLine.open(err, Main.terminal(spec), "sample", request.count(), "")) {
            return generator.generate(request, done -> progress.at(done, ""));
        }
    }

    private Request request() {
        return new Request(
                count,
                levels.levels(spec),
                classes.map(ClassList::classes).orElse(List.of()),
                seed,
                options.batch());
    }

    private Map<String, String> remarks(Pictures pictures, Path file, List<Double> sigmas) {
        Map<String, String> remarks = new LinkedHashMap<>();
        remarks.put("cm4j", Cm4j.VERSION);
        remarks.put("seed", Long.toString(seed));
        remarks.put("sampler", "multistep " + NumberList.words(sigmas));
        remarks.put("labels", labels(pictures));
        remarks.put("checkpoint", FileDigest.sha256(file));
        return remarks;
    }

    private static String labels(Pictures pictures) {
        return Arrays.stream(pictures.labels())
                .mapToObj(Long::toString)
                .collect(Collectors.joining(","));
    }
}
