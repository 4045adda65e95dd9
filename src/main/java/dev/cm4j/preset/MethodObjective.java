package dev.cm4j.preset;

import dev.cm4j.loss.ConsistencyTraining;
import dev.cm4j.loss.ContinuousConsistency;
import dev.cm4j.loss.Distance;
import dev.cm4j.loss.EasyConsistencyTuning;
import dev.cm4j.loss.EdmDenoising;
import dev.cm4j.loss.ImprovedConsistencyTraining;
import dev.cm4j.loss.Tangent;
import dev.cm4j.loss.TimePrior;
import dev.cm4j.loss.TrigFlowDiffusion;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.Guidance;
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
import java.util.Optional;
import java.util.function.UnaryOperator;

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

    /**
     * {@code kind: trigflow}: diffusion in the form of TrigFlow, which makes teachers and starting
     * points of {@code sct} and {@code scd}.
     *
     * @param times law of the noise levels
     */
    record TrigflowObjective(LogNormalTimes times) implements MethodObjective {

        @Override
        public Phase phase(String name, double share, NoiseRange range) {
            return new Phase(
                    name,
                    share,
                    new TrigFlowDiffusion(times),
                    new FixedRate(0),
                    (step, total) -> 0);
        }
    }

    /**
     * {@code kind: sct}: continuous-time consistency training.
     *
     * @param times law of the noise levels
     * @param tangent how tangents are limited
     * @param warmUpSteps H
     * @param prior λ
     * @param learnWeight whether a head learns the weight of each noise level
     */
    record SctObjective(
            LogNormalTimes times,
            Tangent tangent,
            long warmUpSteps,
            TimePrior prior,
            boolean learnWeight)
            implements MethodObjective {

        @Override
        public Phase phase(String name, double share, NoiseRange range) {
            return new Phase(
                    name,
                    share,
                    new ContinuousConsistency(
                            times, Optional.empty(), tangent, warmUpSteps, prior, learnWeight),
                    new FixedRate(0),
                    (step, total) -> 0);
        }
    }

    /**
     * {@code kind: scd}: continuous-time consistency distillation. The teacher is the network as it
     * was when the phase began, from which the student starts: target rate 1 freezes it.
     *
     * @param times law of the noise levels
     * @param tangent how tangents are limited
     * @param warmUpSteps H
     * @param prior λ
     * @param learnWeight whether a head learns the weight of each noise level
     * @param guidance of the teacher, or none
     */
    record ScdObjective(
            LogNormalTimes times,
            Tangent tangent,
            long warmUpSteps,
            TimePrior prior,
            boolean learnWeight,
            Optional<TeacherGuidance> guidance)
            implements MethodObjective {

        /**
         * Classifier-free guidance of a teacher.
         *
         * @param weight w, 1 for none
         * @param nullClass the class that stands for none
         */
        public record TeacherGuidance(double weight, long nullClass) {

            private Denoiser guided(Denoiser teacher) {
                return Guidance.classifierFree(teacher, nullClass, weight);
            }
        }

        @Override
        public Phase phase(String name, double share, NoiseRange range) {
            UnaryOperator<Denoiser> teacher =
                    frozen -> guidance.map(g -> g.guided(frozen)).orElse(frozen);
            return new Phase(
                    name,
                    share,
                    new ContinuousConsistency(
                            times, Optional.of(teacher), tangent, warmUpSteps, prior, learnWeight),
                    new FixedRate(1),
                    (step, total) -> 0);
        }
    }
}
