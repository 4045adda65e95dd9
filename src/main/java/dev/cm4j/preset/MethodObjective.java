package dev.cm4j.preset;

import dev.cm4j.loss.ConsistencyDistillation;
import dev.cm4j.loss.ConsistencyTraining;
import dev.cm4j.loss.ContinuousConsistency;
import dev.cm4j.loss.ContinuousTime;
import dev.cm4j.loss.EasyConsistencyTuning;
import dev.cm4j.loss.EasyConsistencyTuning.IdealPath;
import dev.cm4j.loss.EdmDenoising;
import dev.cm4j.loss.ImprovedConsistencyTraining;
import dev.cm4j.loss.KnowledgeDistillation;
import dev.cm4j.loss.ProgressiveDistillation;
import dev.cm4j.loss.Solver;
import dev.cm4j.loss.Tangent;
import dev.cm4j.loss.TimePrior;
import dev.cm4j.loss.TrigFlowDiffusion;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.Guidance;
import dev.cm4j.schedule.Curriculum;
import dev.cm4j.schedule.DiscreteLogNormal;
import dev.cm4j.schedule.EctMapping;
import dev.cm4j.schedule.FixedRate;
import dev.cm4j.schedule.HalvingCurriculum;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Stages;
import dev.cm4j.schedule.TargetRate;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.train.Phase;
import dev.cm4j.train.StageChange;
import dev.cm4j.train.TeacherChain;
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
     * @param supplies teacher and files
     * @throws IllegalArgumentException if the supplies lack what the method needs
     */
    Phase phase(String name, double share, NoiseRange range, Supplies supplies);

    /** Whether it learns from a teacher, which the first phase of a run must be given. */
    default boolean needsTeacher() {
        return false;
    }

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
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            return new Phase(name, share, new EdmDenoising(times, weighting, strata));
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
            Curriculum curriculum,
            TargetRate targetRate,
            Weighting weighting,
            PresetDistance distance)
            implements MethodObjective {

        public CtObjective {
            requireNoStages(curriculum);
            targetRate.requireFits(curriculum);
        }

        @Override
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            return new Phase(
                    name,
                    share,
                    new ConsistencyTraining(
                            curriculum, weighting, distance.distance(supplies), range),
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
            Curriculum curriculum,
            DiscreteLogNormal law,
            Weighting weighting,
            PresetDistance distance)
            implements MethodObjective {

        @Override
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            return new Phase(
                    name,
                    share,
                    new ImprovedConsistencyTraining(
                            curriculum, law, weighting, distance.distance(supplies), range),
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
     * @param ideal solver of a step along the trajectory of the ideal denoiser of the run's images,
     *     {@code exponential}, {@code heun} or {@code euler}, which leads to x_r; absent: x_r = x₀
     *     + r z, as published
     */
    record EctObjective(
            LogNormalTimes times,
            EctMapping mapping,
            Stages stages,
            Weighting weighting,
            PresetDistance distance,
            Optional<Solver> ideal)
            implements MethodObjective {

        @Override
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            return new Phase(
                    name,
                    share,
                    new EasyConsistencyTuning(
                            times,
                            mapping,
                            stages,
                            weighting,
                            distance.distance(supplies),
                            ideal.map(solver -> new IdealPath(supplies.ideal(), solver))),
                    new FixedRate(0),
                    stages::stage);
        }
    }

    /**
     * {@code kind: cd}: consistency distillation.
     *
     * @param solver of the teacher's step: {@code heun}, {@code exponential} or {@code euler}
     * @param curriculum N(k), fixed in every published run
     * @param targetRate μ(k)
     * @param weighting λ
     * @param distance d
     * @param guidance weight of the teacher's classifier-free guidance; absent: none
     */
    record CdObjective(
            Solver solver,
            Curriculum curriculum,
            TargetRate targetRate,
            Weighting weighting,
            PresetDistance distance,
            Optional<Double> guidance)
            implements MethodObjective {

        public CdObjective {
            requireNoStages(curriculum);
            targetRate.requireFits(curriculum);
        }

        @Override
        public boolean needsTeacher() {
            return true;
        }

        @Override
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            return new Phase(
                    name,
                    share,
                    new ConsistencyDistillation(
                            supplies.teacher(guidance).orElseThrow(Supplies::noTeacher),
                            solver,
                            curriculum,
                            weighting,
                            distance.distance(supplies),
                            range),
                    targetRate,
                    (step, total) -> curriculum.scales(step));
        }
    }

    /**
     * {@code kind: ct-continuous}: consistency training of 2023 without a grid, its limit for
     * infinitely many points.
     *
     * @param norm how the change along the trajectory is measured: {@code l2}, {@code l1} or {@code
     *     linf}, differentiated through it, or {@code stop-gradient}, which should begin with the
     *     weights of a diffusion model
     */
    record CtContinuousObjective(ContinuousTime.Norm norm) implements MethodObjective {

        @Override
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            return new Phase(name, share, new ContinuousTime(Optional.empty(), norm, range));
        }
    }

    /**
     * {@code kind: cd-continuous}: consistency distillation of 2023 without a grid.
     *
     * @param norm as for {@code ct-continuous}
     * @param guidance weight of the teacher's classifier-free guidance; absent: none
     */
    record CdContinuousObjective(ContinuousTime.Norm norm, Optional<Double> guidance)
            implements MethodObjective {

        @Override
        public boolean needsTeacher() {
            return true;
        }

        @Override
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            return new Phase(
                    name,
                    share,
                    new ContinuousTime(
                            Optional.of(
                                    supplies.teacher(guidance).orElseThrow(Supplies::noTeacher)),
                            norm,
                            range));
        }
    }

    /**
     * {@code kind: pd}: progressive distillation, the whole chain of halvings. After another phase
     * it needs no teacher: that phase's student is the first.
     *
     * @param startScales student steps of the first stage
     * @param totalSteps K, which the stages fill
     * @param stepsPerStage S; absent: as many as fill the phase
     * @param stageChange {@code at-once}; {@code as-published} for the original code's way
     * @param weighting λ
     * @param distance d
     * @param guidance weight of the first teacher's classifier-free guidance; absent: none
     */
    record PdObjective(
            int startScales,
            long totalSteps,
            Optional<Long> stepsPerStage,
            Optional<StageChange> stageChange,
            Weighting weighting,
            PresetDistance distance,
            Optional<Double> guidance)
            implements MethodObjective {

        public PdObjective {
            curriculum(startScales, totalSteps, stepsPerStage); // says what is wrong with them
        }

        @Override
        public boolean needsTeacher() {
            return true;
        }

        private static HalvingCurriculum curriculum(int start, long total, Optional<Long> each) {
            return each.map(steps -> new HalvingCurriculum(start, steps))
                    .orElseGet(() -> HalvingCurriculum.over(start, total));
        }

        @Override
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            HalvingCurriculum halving = curriculum(startScales, totalSteps, stepsPerStage);
            return new Phase(
                    name,
                    share,
                    new ProgressiveDistillation(
                            halving,
                            weighting,
                            distance.distance(supplies),
                            range,
                            supplies.teacher(guidance)),
                    new FixedRate(1), // the target is the teacher, which moves between stages
                    (step, total) -> halving.scales(step),
                    Optional.of(
                            new TeacherChain(halving, stageChange.orElse(StageChange.AT_ONCE))));
        }
    }

    /**
     * {@code kind: kd}: knowledge distillation from pairs of noise and picture.
     *
     * @param pairs how many the teacher makes
     * @param samplerSteps steps of Heun's method for each
     * @param distance d
     * @param guidance weight of the teacher's classifier-free guidance; absent: none
     */
    record KdObjective(
            int pairs, int samplerSteps, PresetDistance distance, Optional<Double> guidance)
            implements MethodObjective {

        public KdObjective {
            new PairsConfig(pairs, samplerSteps, guidance, NoiseRange.STANDARD);
        }

        @Override
        public boolean needsTeacher() {
            return true;
        }

        @Override
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            return new Phase(
                    name,
                    share,
                    new KnowledgeDistillation(
                            supplies.pairs(new PairsConfig(pairs, samplerSteps, guidance, range)),
                            distance.distance(supplies),
                            range.sigmaMax()));
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
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            return new Phase(name, share, new TrigFlowDiffusion(times));
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
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
            return new Phase(
                    name,
                    share,
                    new ContinuousConsistency(
                            times, Optional.empty(), tangent, warmUpSteps, prior, learnWeight));
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
        public Phase phase(String name, double share, NoiseRange range, Supplies supplies) {
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

    /** A grid that halves down to one point has no neighbour to learn from in the end. */
    private static void requireNoStages(Curriculum curriculum) {
        if (curriculum instanceof HalvingCurriculum) {
            throw new IllegalArgumentException(
                    "a halving curriculum is progressive distillation's, kind pd; use a fixed or a"
                            + " progressive one");
        }
    }
}
