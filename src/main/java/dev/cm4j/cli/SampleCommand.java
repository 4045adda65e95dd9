package dev.cm4j.cli;

import dev.cm4j.Cm4j;
import dev.cm4j.Interpolation;
import dev.cm4j.Pictures;
import dev.cm4j.Request;
import dev.cm4j.image.Png;
import dev.cm4j.sample.Sampler;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
            "          cm4j sample teacher.safetensors --sampler dpm++2m --nfe 10",
            "          cm4j sample --interpolate 1 2 --class 3,8 --frames 10",
        })
final class SampleCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            arity = "0..1",
            description = "Model file (default: models/digits.safetensors, else the newest run's).")
    private Optional<Path> model;

    @Mixin private WeightsChoice weights;

    @Mixin private SamplerOptions samplers;

    @Mixin private GuidanceOptions guidance;

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
            names = "--interpolate",
            paramLabel = "SEED",
            arity = "2",
            description =
                    "Frames from the first picture of one seed to that of another; with two"
                            + " classes, also from class to class.")
    private List<Long> seeds = List.of();

    @Option(
            names = "--frames",
            paramLabel = "N",
            defaultValue = "8",
            description = "Their number (default: ${DEFAULT-VALUE}).")
    private int frames;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            defaultValue = "samples.png",
            description = "x.png: a grid; x.npz: an array; else a folder (default: samples.png).")
    private Path out;

    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description = "Also a PNG of the first pictures after each step.")
    private Optional<Path> trace;

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
        samplers.check(spec);
        guidance.check(spec);
        refuseIdle();
        options.prepare(spec);
        Path file = Usage.check(spec, () -> model.orElseGet(RunChoice::model));
        Request asked = Usage.check(spec, this::request);
        Optional<Interpolation> way = Usage.check(spec, this::interpolation);
        var writer = Usage.check(spec, () -> new PictureWriter(columns, scale));
        Usage.run(spec, () -> PictureWriter.requireKind(out));
        try (var open =
                new OpenModel(
                        spec, file, weights.options(spec), options, samplers, guidance, asked)) {
            int total = way.map(Interpolation::frames).orElse(count);
            long[] labels = way.isPresent() ? new long[0] : open.generator().labels(open.request());
            Usage.run(spec, () -> PictureWriter.requireOwn(out, total, labels));
            return sample(open, way, file, writer);
        }
    }

    private void refuseIdle() {
        IdleOptions.check(spec, List.of(new IdleOptions.Need("--frames", "--interpolate")));
        if (!seeds.isEmpty()) {
            IdleOptions.refuse(
                    spec, "with --interpolate, which has --frames", List.of("--num", "--seed"));
        }
        if (!PictureWriter.isGrid(out)) {
            IdleOptions.refuse(
                    spec, "on " + out + ", which is no grid: x.png", List.of("--columns"));
            if (trace.isEmpty()) {
                IdleOptions.refuse(
                        spec, "on " + out + ", which is no grid: x.png", List.of("--scale"));
            }
        }
    }

    private int sample(
            OpenModel open, Optional<Interpolation> way, Path file, PictureWriter writer) {
        PrintWriter err = spec.commandLine().getErr();
        long start = System.nanoTime();
        int total = way.map(Interpolation::frames).orElse(open.request().count());
        double seconds;
        try (var progress = ProgressLine.open(err, Main.terminal(spec), "sample", total, "")) {
            var watch = new SampleWatch(progress, trace.isPresent());
            try (var _ = Interrupts.stopping(watch::stop)) { // waits for what is being written
                Pictures pictures = pictures(open, way, watch);
                seconds = (System.nanoTime() - start) * 1e-9;
                write(pictures, open.sampler(), file, writer, watch);
            } catch (CancellationException e) {
                return Main.INTERRUPTED;
            }
        }
        err.printf(
                Locale.ROOT,
                "%,d pictures in %.1f s (%.0f img/s), %s%n",
                total,
                seconds,
                total / seconds,
                SamplerWords.of(open.sampler()));
        spec.commandLine().getOut().println(out);
        trace.ifPresent(spec.commandLine().getOut()::println);
        return Main.DONE;
    }

    private void write(
            Pictures pictures,
            Sampler sampler,
            Path file,
            PictureWriter writer,
            SampleWatch watch) {
        Map<String, String> remarks = remarks(pictures, file, sampler);
        Usage.run(spec, () -> writer.write(pictures, out, remarks));
        trace.ifPresent(
                path -> Png.write(path, watch.strip().enlarge(writer.factor(pictures)), remarks));
    }

    private Pictures pictures(OpenModel open, Optional<Interpolation> way, SampleWatch watch) {
        try {
            return made(open, way, watch);
        } catch (CancellationException e) {
            spec.commandLine().getErr().println("interrupted, nothing was written");
            throw e;
        }
    }

    private Pictures made(OpenModel open, Optional<Interpolation> way, SampleWatch watch) {
        if (way.isEmpty()) {
            return open.generator().generate(open.request(), watch, watch::pictures);
        }
        return Usage.check(
                spec,
                () ->
                        guidance.isPresent()
                                ? way.get().of(open.generator(), open.sampler(), watch)
                                : way.get().of(open.pipeline(), open.sampler(), watch));
    }

    private Request request() {
        return new Request(
                count,
                samplers.levels(spec),
                classes.map(ClassList::classes).orElse(List.of()),
                seed,
                options.batch());
    }

    private Optional<Interpolation> interpolation() {
        if (seeds.isEmpty()) {
            return Optional.empty();
        }
        List<Long> ends = classes.map(ClassList::classes).orElse(List.of(0L));
        if (ends.size() > 2) {
            throw new ParameterException(
                    spec.commandLine(),
                    "an interpolation goes from one class to another, not along " + ends);
        }
        return Optional.of(
                new Interpolation(
                        seeds.getFirst(),
                        seeds.getLast(),
                        Math.toIntExact(ends.getFirst()),
                        Math.toIntExact(ends.getLast()),
                        frames,
                        options.batch()));
    }

    private Map<String, String> remarks(Pictures pictures, Path file, Sampler sampler) {
        Map<String, String> remarks = new LinkedHashMap<>();
        remarks.put("cm4j", Cm4j.VERSION);
        remarks.put(
                "seed",
                seeds.isEmpty()
                        ? Long.toString(seed)
                        : seeds.getFirst() + " to " + seeds.getLast());
        remarks.put("sampler", SamplerWords.whole(sampler));
        remarks.put("labels", labels(pictures));
        remarks.put("checkpoint", ModelOptions.identity(file));
        return remarks;
    }

    private static String labels(Pictures pictures) {
        return Arrays.stream(pictures.labels())
                .mapToObj(Long::toString)
                .collect(Collectors.joining(","));
    }
}
