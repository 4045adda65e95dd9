package dev.cm4j.train;

import dev.cm4j.schedule.HalvingCurriculum;
import java.util.OptionalLong;

/**
 * Progressive distillation as a part of a run: at each change of N the student becomes the teacher
 * of the next stage, and optimiser, evaluation averages and learning rate begin anew.
 *
 * <p>The target network of the run holds the teacher. The learning rate sees a stage as if it were
 * the run, so {@code tail: 1} falls to zero in every stage.
 *
 * <p>Source: Salimans &amp; Ho 2022, algorithm 2; openai/consistency_models, {@code
 * reset_training_for_progdist}.
 *
 * @param curriculum N(k)
 * @param change what happens at a change of N
 * @param annealSteps the original's {@code lr_anneal_steps}: the rate falls in a straight line that
 *     meets zero so many steps after the beginning of a stage, twice as many once N is 2, and goes
 *     on below it; empty: the learning rate of the recipe, to which a stage is a run
 */
public record TeacherChain(
        HalvingCurriculum curriculum, StageChange change, OptionalLong annealSteps) {

    public TeacherChain {
        if (annealSteps.isPresent() && annealSteps.getAsLong() < 1) {
            throw new IllegalArgumentException(
                    "the rate of a stage falls over at least 1 step, not "
                            + annealSteps.getAsLong());
        }
    }

    /** A chain whose learning rate sees a stage as if it were the run. */
    public TeacherChain(HalvingCurriculum curriculum, StageChange change) {
        this(curriculum, change, OptionalLong.empty());
    }

    /** Enters the stage of the step about to be taken. */
    void beforeStep(TrainState state, Phases.Place place) {
        int present = state.counters().stage().scales();
        if (present == place.scales()) {
            return;
        }
        switch (change) {
            case AT_ONCE -> {
                state.teach();
                state.renew();
                state.stage(new TrainState.Stage(place.scales(), state.step()));
            }
            case AS_PUBLISHED -> {
                if (present == 0) {
                    state.stage(new TrainState.Stage(place.scales(), state.step()));
                }
            }
        }
    }

    /** Where changes come a batch late: begins anew after the first batch of a stage. */
    void afterStep(TrainState state, Phases.Place place) {
        if (state.counters().stage().scales() != place.scales()) {
            state.renew();
            state.stage(
                    new TrainState.Stage(place.scales(), state.step() - 1)); // it counts already
        }
    }

    /** η of the step about to be taken. */
    double learningRate(TrainState state, Phases.Place place, Progress run, RunRate rate) {
        if (annealSteps.isEmpty()) {
            return rate.at(progress(state, place, run));
        }
        int scales = presentScales(state, place);
        // doubled on the way to N = 2, which a chain that begins there never takes
        long steps =
                (scales <= 2 && curriculum.startScales() > 2 ? 2 : 1) * annealSteps.getAsLong();
        double done = (double) (place.step() - curriculum.begin(scales)) / steps;
        return rate.start().at(run.step() - state.counters().stage().firstStep()) * (1 - done);
    }

    /** How far the stage is that the optimiser knows of. */
    private Progress progress(TrainState state, Phases.Place place, Progress run) {
        int scales = presentScales(state, place);
        long length = curriculum.length(scales);
        double done = (double) (place.step() - curriculum.begin(scales)) / length;
        return new Progress(
                run.step() - state.counters().stage().firstStep(),
                run.totalSteps() < 0 ? -1 : length,
                Math.clamp(done, 0, 1));
    }

    private static int presentScales(TrainState state, Phases.Place place) {
        int scales = state.counters().stage().scales();
        return scales == 0 ? place.scales() : scales;
    }
}
