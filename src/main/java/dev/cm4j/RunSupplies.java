package dev.cm4j;

import dev.cm4j.loss.Lpips;
import dev.cm4j.loss.Pairs;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.IdealDenoiser;
import dev.cm4j.nn.Vgg16;
import dev.cm4j.preset.PairsConfig;
import dev.cm4j.preset.PresetDistance;
import dev.cm4j.preset.Supplies;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a run's objectives use besides numbers, opened when first asked for and freed with this: the
 * teacher's pairs, distances with weights and the ideal denoiser. Teacher and images are borrowed.
 *
 * <pre>
 *   try (var teacher = Teacher.open(path, options);
 *           var supplies = new RunSupplies(folder, seed, Optional.of(teacher), images, System.err::println)) {
 *       Run run = preset.run(…, supplies).withTeacher(teacher.mark());
 *   }
 * </pre>
 */
public final class RunSupplies implements Supplies, AutoCloseable {

    private final Path folder;
    private final long seed;
    private final Optional<Teacher> teacher;
    private final Optional<RunImages> images;
    private final Consumer<String> notices;
    private final Map<PairsConfig, TeacherPairs> pairs = new LinkedHashMap<>();
    private final Map<PresetDistance.LpipsDistance, Lpips> distances = new LinkedHashMap<>();
    private Optional<IdealDenoiser> ideal = Optional.empty();

    /**
     * Opens nothing yet.
     *
     * @param folder of the run; pairs go into {@code pairs} there
     * @param seed of the run
     * @param teacher borrowed
     * @param images what the run learns from
     * @param notices is told what is being made
     */
    public RunSupplies(
            Path folder,
            long seed,
            Optional<Teacher> teacher,
            Optional<RunImages> images,
            Consumer<String> notices) {
        this.folder = folder;
        this.seed = seed;
        this.teacher = teacher;
        this.images = images;
        this.notices = notices;
    }

    @Override
    public Optional<Denoiser> teacher(Optional<Double> guidance) {
        return teacher.map(known -> known.denoiser(guidance));
    }

    @Override
    public Pairs pairs(PairsConfig config) {
        return pairs.computeIfAbsent(
                config,
                wanted ->
                        TeacherPairs.open(
                                folder.resolve("pairs"),
                                teacher.orElseThrow(Supplies::noTeacher),
                                wanted,
                                seed,
                                notices));
    }

    @Override
    public Denoiser ideal() {
        if (ideal.isEmpty()) {
            ideal = Optional.of(images.orElseThrow(Supplies::noImages).ideal());
        }
        return ideal.orElseThrow();
    }

    @Override
    public Lpips lpips(PresetDistance.LpipsDistance files) {
        return distances.computeIfAbsent(
                files,
                wanted ->
                        Lpips.open(
                                present("backbone", wanted.backbone()),
                                present("linear", wanted.linear()),
                                wanted.pooling().orElse(Vgg16.Pooling.AVERAGE)));
    }

    private static Path present(String key, String name) {
        Path file = Path.of(name);
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(
                    "distance lpips: %s names %s, which is no file; it needs VGG16's weights as backbone and LPIPS's five layers as linear"
                            .formatted(key, file));
        }
        return file;
    }

    /** Frees pairs and distances, all of them whatever fails. */
    @Override
    public void close() {
        List<Runnable> all = new ArrayList<>();
        pairs.values().forEach(one -> all.add(one::close));
        distances.values().forEach(one -> all.add(one::close));
        ideal.ifPresent(one -> all.add(one::close));
        Closing.all(all);
    }
}
