package dev.cm4j.preset;

import dev.cm4j.loss.ConsistencyTraining;
import dev.cm4j.loss.Distance;
import dev.cm4j.loss.EasyConsistencyTuning;
import dev.cm4j.loss.EdmDenoising;
import dev.cm4j.loss.ImprovedConsistencyTraining;
import dev.cm4j.schedule.Curriculum;
import dev.cm4j.schedule.DiscreteLogNormal;
import dev.cm4j.schedule.EctMapping;
import dev.cm4j.schedule.FixedRate;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Stages;
import dev.cm4j.schedule.TargetRate;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.train.Phase;

/** The objective of a phase as a preset writes it; {@code kind} chooses the method. */
public sealed interface MethodObjective {

    /**
     * The phase that follows it.
     *
     * @param name of the phase
     * @param share of the run
     * @param range of noise levels of the model
     */
    Phase phase(String name, double share, NoiseRange range);

    /**
     * {@code kind: edm}: denoising, which makes a diffusion model.
     *
     * @param times law of the noise levels
     * @param weighting λ
     * @param strata samples over which the levels are spread evenly, such as the batch size; 0:
     *     none
     */
    record EdmObjective(LogNormalTimes times, Weighting weighting, int strata)
            implements MethodObjective {

        @Override
        public Phase phase(String name, double share, NoiseRange range) {
            return new Phase(
                    name,
                    share,
                    new EdmDenoising(times, weighting, strata),
                    new FixedRate(0),
                    (step, total) -> 0);
        }
    }

    /**
     * {@code kind: ct}: consistency training of 2023.
     *
     * @param curriculum N(k)
     * @param targetRate μ(k)
     * @param weighting λ
     * @param distance d
     */
    record CtObjective(
            Curriculum curriculum, TargetRate targetRate, Weighting weighting, Distance distance)
            implements MethodObjective {

        public CtObjective {
            targetRate.requireFits(curriculum);
        }

        @Override
        public Phase phase(String name, double share, NoiseRange range) {
            return new Phase(
                    name,
                    share,
                    new ConsistencyTraining(curriculum, weighting, distance, range),
                    targetRate,
                    (step, total) -> curriculum.scales(step));
        }
    }

    /**
     * {@code kind: ict}: improved consistency training.
     *
     * @param curriculum N(k)
     * @param law of the grid intervals
     * @param weighting λ
     * @param distance d
     */
    record IctObjective(
            Curriculum curriculum, DiscreteLogNormal law, Weighting weighting, Distance distance)
            implements MethodObjective {

        @Override
        public Phase phase(String name, double share, NoiseRange range) {
            return new Phase(
                    name,
                    share,
                    new ImprovedConsistencyTraining(curriculum, law, weighting, distance, range),
                    new FixedRate(0),
                    (step, total) -> curriculum.scales(step));
        }
    }

    /**
     * {@code kind: ect}: easy consistency tuning; with stage −1 it is denoising with its own
     * distance and weight.
     *
     * @param times law of t
     * @param mapping from t and the stage to r
     * @param stages of the phase
     * @param weighting w
     * @param distance d
     */
    record EctObjective(
            LogNormalTimes times,
            EctMapping mapping,
            Stages stages,
            Weighting weighting,
            Distance distance)
            implements MethodObjective {

        @Override
        public Phase phase(String name, double share, NoiseRange range) {
            return new Phase(
                    name,
                    share,
                    new EasyConsistencyTuning(times, mapping, stages, weighting, distance),
                    new FixedRate(0),
                    stages::stage);
        }
    }
}
