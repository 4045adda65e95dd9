package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.SeedScalings;
import dev.cm4j.schedule.TimeInput;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a network is used on noisy pictures, which its weights do not say.
 *
 * @param scalings c_skip, c_out, c_in
 * @param time the network's time input
 * @param range noise levels of the model
 * @param trainTimesteps points of the training grid, where it has one
 */
public record NoiseFacts(
        Scalings scalings, TimeInput time, NoiseRange range, OptionalInt trainTimesteps) {

    private static final double SIGMA_DATA = 0.5;
    private static final int DISTILLED = 40;
    private static final int TRAINED_SMALL = 201;
    private static final int TRAINED_LARGE = 151;
    private static final int LARGE = 128;
    private static final int SEED_POINTS = 150; // N of its last epoch

    /**
     * What the published models have, as far as the name of a file tells them apart: {@code edm_…}
     * is a teacher, {@code cd_…} distilled, {@code ct_…} trained alone.
     *
     * @param name of the file
     * @param imageSize height and width of the pictures
     * @param time the network's time input
     * @param options what the caller knows goes first
     * @param notices is told what was guessed
     */
    static NoiseFacts guessed(
            String name,
            int imageSize,
            TimeInput time,
            SourceOptions options,
            List<String> notices) {
        String word = name.toLowerCase(Locale.ROOT);
        boolean teacher = word.matches("(.*[^a-z])?edm[^a-z].*");
        boolean alone = word.matches("(.*[^a-z])?ct[^a-z].*");
        boolean distilled = word.matches("(.*[^a-z])?cd[^a-z].*");
        boolean consistency = options.consistency().orElse(!teacher);
        if (options.consistency().isEmpty()) {
            notices.add(
                    teacher
                            ? "taken for a teacher, with EDM scalings, by the name of the file; --scalings says otherwise"
                            : "taken for a consistency model, with boundary scalings%s; --scalings says otherwise"
                                    .formatted(
                                            alone || distilled ? ", by the name of the file" : ""));
        }
        Scalings scalings =
                consistency
                        ? new BoundaryScalings(SIGMA_DATA, NoiseRange.STANDARD.sigmaMin())
                        : new EdmScalings(SIGMA_DATA);
        int points = alone ? (imageSize > LARGE ? TRAINED_LARGE : TRAINED_SMALL) : DISTILLED;
        if (consistency && options.trainTimesteps().isEmpty()) {
            notices.add(
                    "a training grid of %d points assumed%s; --train-timesteps says otherwise"
                            .formatted(
                                    points, alone || distilled ? ", by the name of the file" : ""));
        }
        return new NoiseFacts(
                scalings,
                time,
                NoiseRange.STANDARD,
                OptionalInt.of(options.trainTimesteps().orElse(points)));
    }

    /**
     * What cloneofsimo/consistency_models trains and samples with.
     *
     * @param file for messages
     * @param options the number of points is taken from it
     * @throws FormatException if it is said to be a teacher
     */
    static NoiseFacts seed(Path file, SourceOptions options) {
        if (options.consistency().equals(Optional.of(false))) {
            throw new FormatException(
                    file,
                    "a consistency model of cloneofsimo/consistency_models",
                    "no --scalings for it: it has its own");
        }
        return new NoiseFacts(
                new SeedScalings(SIGMA_DATA, NoiseRange.STANDARD.sigmaMin()),
                TimeInput.RAW,
                NoiseRange.STANDARD,
                OptionalInt.of(options.trainTimesteps().orElse(SEED_POINTS)));
    }

    /**
     * What a diffusers folder says.
     *
     * @param scheduler its scheduler
     */
    static NoiseFacts of(SchedulerConfig scheduler) {
        return new NoiseFacts(
                new BoundaryScalings(scheduler.sigmaData(), scheduler.sigmaMin()),
                TimeInput.OPENAI,
                new NoiseRange(scheduler.sigmaMin(), scheduler.sigmaMax(), scheduler.rho()),
                OptionalInt.of(scheduler.trainTimesteps()));
    }

    /**
     * The scheduler that samples such a model.
     *
     * @throws IllegalArgumentException if diffusers has none for these scalings or this time input
     */
    public SchedulerConfig scheduler() {
        if (!(scalings instanceof BoundaryScalings boundary)
                || boundary.epsilon() != range.sigmaMin()
                || !time.equals(TimeInput.OPENAI)) {
            throw new IllegalArgumentException(
                    "diffusers samples consistency models with boundary scalings and 250 ln σ as"
                            + " time, but this one has "
                            + scalings
                            + " and "
                            + time);
        }
        SchedulerConfig usual = SchedulerConfig.DEFAULT;
        return new SchedulerConfig(
                trainTimesteps.orElse(usual.trainTimesteps()),
                range.sigmaMin(),
                range.sigmaMax(),
                boundary.sigmaData(),
                usual.noiseScale(),
                range.rho(),
                usual.clipDenoised());
    }
}
