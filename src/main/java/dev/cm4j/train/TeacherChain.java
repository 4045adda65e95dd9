package dev.cm4j.train;

import dev.cm4j.schedule.HalvingCurriculum;

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
 */
public record TeacherChain(HalvingCurriculum curriculum, StageChange change) {

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

    /** How far the stage is that the optimiser knows of. */
    Progress progress(TrainState state, Phases.Place place, Progress run) {
        TrainState.Stage stage = state.counters().stage();
        int scales = stage.scales() == 0 ? place.scales() : stage.scales();
        long length = curriculum.length(scales);
        double done = (double) (place.step() - curriculum.begin(scales)) / length;
        return new Progress(
                run.step() - stage.firstStep(),
                run.totalSteps() < 0 ? -1 : length,
                Math.clamp(done, 0, 1));
    }
}
