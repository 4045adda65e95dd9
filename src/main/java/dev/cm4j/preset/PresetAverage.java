package dev.cm4j.preset;

import dev.cm4j.schedule.EmaRate;
import dev.cm4j.train.AverageConfig;

/** An evaluation average as a preset writes it; {@code kind} chooses the law of its rate. */
public sealed interface PresetAverage {

    /** The average and the name it has in files. */
    AverageConfig config();

    /**
     * {@code kind: constant}, named after its rate.
     *
     * @param beta β in [0, 1)
     */
    record ConstantAverage(double beta) implements PresetAverage {

        @Override
        public AverageConfig config() {
            return new AverageConfig(number(beta), new EmaRate.Constant(beta));
        }
    }

    /**
     * {@code kind: half-life}, named {@code halflife-IMAGES}.
     *
     * @param images half-life in images
     * @param ramp share of the images seen that bounds the half-life early on
     */
    record HalfLifeAverage(double images, double ramp) implements PresetAverage {

        @Override
        public AverageConfig config() {
            return new AverageConfig(
                    "halflife-" + number(images), new EmaRate.HalfLife(images, ramp));
        }
    }

    /**
     * {@code kind: power}, named {@code power-WIDTH}: spans the same share of a run of any length.
     *
     * @param sigmaRel relative width of the profile, such as 0.1
     */
    record PowerAverage(double sigmaRel) implements PresetAverage {

        @Override
        public AverageConfig config() {
            return new AverageConfig("power-" + number(sigmaRel), EmaRate.Power.ofWidth(sigmaRel));
        }
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
