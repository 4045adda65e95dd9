package dev.cm4j.compare;

import dev.cm4j.Cancellation;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;

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
    private boolean warm;

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
     * The cells of a seed; two numbers of evaluations that come to the same steps are one.
     *
     * @throws IllegalArgumentException if a sampler does not suit the model, naming the entry
     */
    List<Plan> plan(long seed) {
        Map<String, Plan> plans = new LinkedHashMap<>();
        for (SamplerConfig config : entry.measured()) {
            for (int count : config.counts()) {
                Sampler sampler = sampler(config, count);
                String key = key(config, sampler, seed);
                plans.putIfAbsent(key, new Plan(config, sampler, seed, key));
            }
        }
        return List.copyOf(plans.values());
    }

    private Sampler sampler(SamplerConfig config, int count) {
        try {
            return config.sampler(
                    count, generator(), () -> other(config.from().orElseThrow()).generator());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "entry %s: %s".formatted(entry.name(), e.getMessage()), e);
        }
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
        warmUp();
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

    /** The first batch pays for what is kept from then on; one evaluation of it is not counted. */
    private void warmUp() {
        if (!warm) {
            int count = Math.min(place.batch(), set.pictures());
            generator().generate(request(count, 0).withSteps(1), (_, _, _) -> {});
            warm = true;
        }
    }

    private Request request(int count, long seed) {
        return new Request(count, new NoiseLevels.Standard(), List.of(), seed, place.batch());
    }

    /** Frees all models. */
    @Override
    public void close() {
        others.values().forEach(ConsistencyPipeline::close);
        pipeline.close();
    }
}
