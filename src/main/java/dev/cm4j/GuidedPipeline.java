package dev.cm4j;

import dev.cm4j.model.ClassMix;
import dev.cm4j.model.Guidance;
import java.util.Optional;

/**
 * A model under guidance, ready to answer requests.
 *
 * <pre>
 *   try (var model = ConsistencyPipeline.open(teacher);
 *           var guided = GuidedPipeline.classifierFree(model, 2)) {
 *       Pictures digits = guided.generator().generate(Request.of(100));
 *   }
 * </pre>
 *
 * <p>Requests take turns with those of the pipelines, and may come from any thread.
 *
 * <p>A teacher has a score that guidance extrapolates; for a consistency model it is a heuristic.
 */
public final class GuidedPipeline implements AutoCloseable {

    private final Generator generator;
    private final Runnable end;

    private GuidedPipeline(Generator generator, Runnable end) {
        this.generator = generator;
        this.end = end;
    }

    /**
     * Classifier-free guidance: away from the estimate without a class. Two evaluations a step.
     *
     * @param pipeline a model trained with a null class, borrowed
     * @param weight w, 1 for none
     * @return the guided model
     * @throws IllegalArgumentException if the model has no null class
     */
    public static GuidedPipeline classifierFree(ConsistencyPipeline pipeline, double weight) {
        int nullClass =
                pipeline.card()
                        .nullClass()
                        .orElseThrow(() ->
                                new IllegalArgumentException(
                                        "classifier-free guidance needs a model trained with label"
                                                + " dropout, and this one has no row for no class;"
                                                + " try guidance by embedding or a weaker model"));
        Generator plain = pipeline.generator();
        return new GuidedPipeline(
                plain.withModel(Guidance.classifierFree(plain.model(), nullClass, weight)),
                () -> {});
    }

    /**
     * Autoguidance: away from the estimate of a weaker model. Two evaluations a step.
     *
     * @param pipeline the model, borrowed
     * @param weaker a smaller or less trained one of the same pictures and classes, borrowed
     * @param weight w, 1 for none
     * @return the guided model
     * @throws IllegalArgumentException if the two make different pictures
     */
    public static GuidedPipeline auto(
            ConsistencyPipeline pipeline, ConsistencyPipeline weaker, double weight) {
        Generator plain = pipeline.generator();
        Generator weak = weaker.generator();
        if (plain.channels() != weak.channels()
                || plain.height() != weak.height()
                || plain.width() != weak.width()
                || plain.classes() != weak.classes()) {
            throw new IllegalArgumentException(
                    "the weaker model makes pictures of %dx%dx%d with %d classes, the model %dx%dx%d with %d"
                            .formatted(
                                    weak.channels(),
                                    weak.height(),
                                    weak.width(),
                                    weak.classes(),
                                    plain.channels(),
                                    plain.height(),
                                    plain.width(),
                                    plain.classes()));
        }
        return new GuidedPipeline(
                plain.with(
                        new Guidance(plain.model(), weak.model(), weight),
                        plain.turns().and(weak.turns())),
                () -> {});
    }

    /**
     * Guidance of the class embedding: one evaluation a step.
     *
     * @param pipeline a model with classes; copied
     * @param weight w, 1 for none
     * @return the guided model, to be closed
     * @throws IllegalArgumentException if the model has no classes
     */
    public static GuidedPipeline embedding(ConsistencyPipeline pipeline, double weight) {
        Generator plain = pipeline.generator();
        ClassMix mix =
                plain.turns()
                        .take(
                                Optional.empty(),
                                () ->
                                        ClassMix.guided(
                                                pipeline.model(),
                                                pipeline.card().nullClass(),
                                                weight));
        var own = new TurnQueue();
        return new GuidedPipeline(
                plain.with(mix, Turns.of(own)),
                () -> {
                    own.end();
                    mix.close();
                });
    }

    /** Answers requests while this and its pipelines are open. */
    public Generator generator() {
        return generator;
    }

    /** Waits for a request in hand, and frees what guidance needed beyond the model. */
    @Override
    public void close() {
        end.run();
    }
}
