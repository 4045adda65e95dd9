package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.loss.Objective;
import dev.cm4j.schedule.FixedRate;
import dev.cm4j.schedule.LearningRate;
import dev.cm4j.schedule.Stages;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What depends on how far a run is: phases, stages, learning rate, budgets. */
class PhasesTest {

    private static final Objective NONE =
            (x0, labels, step, online, target) -> {
                throw new UnsupportedOperationException();
            };

    private static Phase phase(double share, Phase.Scales scales) {
        return new Phase("p", share, NONE, new FixedRate(0), scales);
    }

    private static final Phases TWO =
            new Phases(
                    List.of(
                            phase(0.45, new Stages.Equal(-1, 1)::stage),
                            phase(0.55, new Stages.Equal(1, 4)::stage)));

    @Test
    void phases_count_their_own_steps() {
        Budget budget = Budget.steps(100);
        assertEquals(0, TWO.at(budget.progress(44, 0)).index());
        Phases.Place first = TWO.at(budget.progress(45, 0));
        assertEquals(1, first.index());
        assertEquals(0, first.step());
        assertEquals(55, first.totalSteps());
        assertEquals(1, first.scales());
        assertEquals(4, TWO.at(budget.progress(99, 0)).scales());
        assertEquals(-1, TWO.at(budget.progress(0, 0)).scales());
    }

    @Test
    void a_run_in_minutes_goes_through_the_same_phases() {
        Budget budget = Budget.minutes(10);
        assertEquals(0, TWO.at(budget.progress(7, 269)).index());
        assertEquals(1, TWO.at(budget.progress(8, 271)).index());
        assertEquals(1, TWO.at(budget.progress(8, 271)).scales());
        assertEquals(4, TWO.at(budget.progress(9, 599)).scales());
        assertEquals(4, TWO.at(budget.progress(9, 700)).scales());
    }

    @Test
    void the_rate_rises_by_steps_and_falls_by_share() {
        RunRate rate = new RunRate(new LearningRate.WarmUp(1e-3, 50), 0.3);
        Budget budget = Budget.minutes(10);
        assertEquals(2e-5, rate.at(budget.progress(0, 0)), 1e-12);
        assertEquals(1e-3, rate.at(budget.progress(60, 300)), 1e-12);
        assertEquals(5e-4, rate.at(budget.progress(900, 510)), 1e-12);
        assertEquals(0, rate.at(budget.progress(999, 600)), 1e-12);
    }

    @Test
    void budgets_end() {
        assertEquals(false, Budget.steps(3).spent(2, 1e9));
        assertEquals(true, Budget.steps(3).spent(3, 0));
        assertEquals(true, Budget.minutes(0.5).spent(0, 30));
        assertThrows(IllegalArgumentException.class, () -> Budget.steps(0));
        assertThrows(IllegalArgumentException.class, () -> Budget.minutes(-1));
    }
}
