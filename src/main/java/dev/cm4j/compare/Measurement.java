package dev.cm4j.compare;

import dev.cm4j.Cancellation;
import dev.cm4j.Closing;
import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.Generator;
import dev.cm4j.NoiseLevels;
import dev.cm4j.Request;
import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.image.Grid;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PixelRange;
import dev.cm4j.image.Png;
import dev.cm4j.metric.PictureScorer;
import dev.cm4j.nn.Precision;
import dev.cm4j.sample.Sampler;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.tensor.Threads;
import dev.cm4j.train.Hardware;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;

/**
 * Measures an entry's model with its samplers. Picture i starts from the noise of (seed, i)
 * whatever the model and the sampler, so rows of pictures can be compared one by one.
 */
final class Measurement implements AutoCloseable {

    private static final int STRIP = 10;

    private final DatasetConfig set;
    private final EntryConfig entry;
    private final Map<String, Path> models;
    private final Judge judge;
    private final Workplace place;
    private final EnergyMeter meter;
    private final Cancellation cancellation;
    private final ConsistencyPipeline pipeline;
    private final String identity;
    private final Map<String, ConsistencyPipeline> others = new LinkedHashMap<>();
    private final Set<String> warm = new HashSet<>();

    /**
     * A cell to be measured.
     *
     * @param config of the sampler
     * @param sampler itself
     * @param seed of the noise
     * @param key of the cell
     */
    record Plan(SamplerConfig config, Sampler sampler, long seed, String key) {}

    /**
     * Opens the model.
     *
     * @param set beside which it is judged
     * @param entry the model's
     * @param models of all entries
     * @param judge borrowed
     * @param place where
     * @param meter borrowed
     * @param cancellation ends the work
     */
    Measurement(
            DatasetConfig set,
            EntryConfig entry,
            Map<String, Path> models,
            Judge judge,
            Workplace place,
            EnergyMeter meter,
            Cancellation cancellation) {
        this.set = set;
        this.entry = entry;
        this.models = models;
        this.judge = judge;
        this.place = place;
        this.meter = meter;
        this.cancellation = cancellation;
        this.identity = FileDigest.sha256OfAll(models.get(entry.name()));
        this.pipeline = ConsistencyPipeline.open(models.get(entry.name()), place.options());
    }

    /**
     * The samplers that suit the model.
     *
     * @param refused is told of each of the others, and why
     */
    List<SamplerConfig> suited(BiConsumer<SamplerConfig, String> refused) {
        List<SamplerConfig> suited = new ArrayList<>();
        for (SamplerConfig config : entry.measured()) {
            try {
                samplers(config);
                suited.add(config);
            } catch (IllegalArgumentException e) {
                refused.accept(config, e.getMessage());
            }
        }
        return suited;
    }

    /**
     * The cells of a seed; two numbers of evaluations that come to the same steps are one.
     *
     * @param configs samplers that suit the model
     * @param seed of the noise
     */
    List<Plan> plan(List<SamplerConfig> configs, long seed) {
        Map<String, Plan> plans = new LinkedHashMap<>();
        for (SamplerConfig config : configs) {
            for (Sampler sampler : samplers(config)) {
                String key = key(config, sampler, seed);
                plans.putIfAbsent(key, new Plan(config, sampler, seed, key));
            }
        }
        return List.copyOf(plans.values());
    }

    private List<Sampler> samplers(SamplerConfig config) {
        return config.samplers(generator(), () -> other(config.from().orElseThrow()).generator());
    }

    private Generator generator() {
        return pipeline.generator();
    }

    private ConsistencyPipeline other(String name) {
        return others.computeIfAbsent(
                name, known -> ConsistencyPipeline.open(models.get(known), place.options()));
    }

    private String key(SamplerConfig config, Sampler sampler, long seed) {
        return FileDigest.sha256(
                String.join(
                        "\n",
                        identity,
                        config.from().map(models::get).map(FileDigest::sha256OfAll).orElse(""),
                        config.from().isEmpty() ? config.label() : fromless(config),
                        place.words().apply(sampler),
                        "nfe " + sampler.evaluations(),
                        judge.key(),
                        "pictures " + set.pictures(),
                        "seed " + seed,
                        arithmetic() + version(),
                        Surroundings.here().words(),
                        "batch " + place.batch()));
    }

    /** Sets cells apart that earlier versions called f16 and computed in float32. */
    private String version() {
        return place.precision() == Precision.F16 ? ", version 2" : "";
    }

    /** The name of another entry decides nothing; its model does. */
    private static String fromless(SamplerConfig config) {
        return config.sampler() + " " + config.eta() + " " + config.fromSigma();
    }

    private String arithmetic() {
        return "%s on %s, %d threads"
                .formatted(
                        place.precision().name().toLowerCase(Locale.ROOT),
                        place.device(),
                        Threads.get());
    }

    /** A finished cell under the names of this comparison. */
    Cell named(Cell cell, Plan plan) {
        return cell.called(set.name(), entry.name(), plan.config().label());
    }

    /**
     * Makes and judges the pictures of a cell.
     *
     * @throws CancellationException if the work was ended
     */
    Cell measure(Plan plan, CellStore store) {
        warmUp(entry.name(), generator());
        plan.config().from().ifPresent(start -> warmUp(start, other(start).generator()));
        PictureScorer scorer = judge.scorer();
        var clock = new SamplingClock(meter);
        List<Picture> strip = new ArrayList<>();
        Request request =
                request(set.pictures(), plan.seed())
                        .withSampler(plan.sampler())
                        .withCancellation(cancellation);
        clock.start();
        generator()
                .generate(
                        request,
                        (first, images, _) -> {
                            Tensor pixels = PixelRange.OPENAI.toBytes(images).to(Device.CPU);
                            clock.pause();
                            if (first < STRIP) {
                                strip.addAll(Grid.pictures(pixels));
                            }
                            scorer.add(pixels);
                            clock.start();
                        });
        clock.pause();
        String name = CellStore.stripName(plan.key());
        List<Picture> row = strip.subList(0, Math.min(STRIP, strip.size()));
        Png.write(store.strip(name), Grid.of(row, STRIP), Map.of("cell", plan.key()));
        return new Cell(
                plan.key(),
                set.name(),
                entry.name(),
                plan.config().label(),
                protocol(plan),
                plan.sampler().evaluations(),
                plan.seed(),
                set.pictures(),
                judge.metric(),
                judge.distance(scorer),
                judge.protocol(),
                judge.words(),
                clock.seconds(),
                clock.energy(),
                meter.unit().symbol(),
                meter.source(),
                place.batch(),
                arithmetic(),
                machine(),
                identity,
                name);
    }

    private String protocol(Plan plan) {
        return place.words().apply(plan.sampler());
    }

    private static String machine() {
        Map<String, String> facts = Hardware.here().facts();
        return "%s, %s cores, %s"
                .formatted(
                        facts.getOrDefault("processor", "unknown processor"),
                        facts.get("cores"),
                        facts.getOrDefault("memory", "unknown memory"));
    }

    /**
     * The first batch of a model pays for what is kept from then on, such as weights that are read;
     * one evaluation of it is not counted.
     */
    private void warmUp(String name, Generator model) {
        if (!warm.contains(name)) {
            int count = Math.min(place.batch(), set.pictures());
            Request request = request(count, 0).withSteps(1).withCancellation(cancellation);
            model.generate(request, (_, _, _) -> {});
            warm.add(name);
        }
    }

    private Request request(int count, long seed) {
        return new Request(count, new NoiseLevels.Standard(), List.of(), seed, place.batch());
    }

    /** Frees all models, also where that fails for one. */
    @Override
    public void close() {
        try (pipeline) {
            Closing.all(others.values().stream().<Runnable>map(other -> other::close).toList());
        }
    }
}
