package dev.cm4j.preset;

import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.EmaRate;
import dev.cm4j.schedule.PostHocAverage;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.Snapshots;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * A model whose average was chosen after training: the sum of a run's snapshots that is nearest to
 * it.
 *
 * @param step k at whose weights the average ends
 * @param snapshots how many were summed
 * @param error ‖Σ x_i p_i − p‖ / ‖p‖ of the profiles, as {@link PostHocAverage#error} has it
 */
public record PostHocModel(long step, int snapshots, double error) {

    /**
     * Makes and saves a model.
     *
     * @param run folder of a run that kept snapshots and wrote a model
     * @param width σ_rel in (0, 0.28)
     * @param step where the average ends, at most that of the newest snapshot; empty: there
     * @param out the file to write
     * @throws IllegalArgumentException if the run has no snapshots, or none of the time asked for
     */
    public static PostHocModel save(Path run, double width, OptionalLong step, Path out) {
        EmaRate.Power rate = EmaRate.Power.ofWidth(width);
        List<Snapshots.Snapshot> all = new Snapshots(run).list();
        if (all.isEmpty()) {
            throw new IllegalArgumentException(
                    run
                            + " keeps no snapshots; train with averages of kind power and"
                            + " optim.snapshots.every");
        }
        long newest = all.getLast().step();
        long end = step.orElse(newest);
        // A chain of teachers begins its averages anew with each stage.
        long first =
                all.stream()
                        .filter(s -> s.step() >= end)
                        .mapToLong(Snapshots.Snapshot::firstStep)
                        .findFirst()
                        .orElse(end);
        if (end <= first || end > newest) {
            throw new IllegalArgumentException(
                    "step %d has no average in %s, whose snapshots go from %d to %d"
                            .formatted(end, run, all.getFirst().step(), newest));
        }
        List<Snapshots.Snapshot> parts = all.stream().filter(s -> s.firstStep() == first).toList();
        List<PostHocAverage.Profile> stored =
                parts.stream().map(Snapshots.Snapshot::profile).toList();
        var wanted = new PostHocAverage.Profile(end - (double) first, rate);
        double[] factors = PostHocAverage.factors(stored, wanted);
        try (ModelFile model = ModelFile.open(RunFolder.model(run));
                UNet net = UNet.zeroed(model.card().network())) {
            Snapshots.sum(parts, factors, net);
            ModelFile.save(out, card(model.card(), width, end), net, model.storage());
        }
        return new PostHocModel(end, parts.size(), PostHocAverage.error(stored, factors, wanted));
    }

    private static ModelCard card(ModelCard of, double width, long step) {
        ModelCard.Training old = of.training();
        double share = (double) step / old.steps();
        return new ModelCard(
                of.network(),
                of.scalings(),
                of.time(),
                of.range(),
                of.sigmas(),
                of.data(),
                new ModelCard.Training(
                        old.preset(),
                        String.format(Locale.ROOT, "power-%s", width),
                        step,
                        Math.round(old.imagesSeen() * share),
                        old.seconds() * share,
                        old.seed(),
                        old.cm4j(),
                        old.configuration()));
    }
}
