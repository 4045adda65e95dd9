package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What a run may take, and what it is told where that is too little. */
class MemoryBudgetNativeTest {

    private static Run run(String... overrides) {
        return TinyRuns.run(TinyRuns.preset("digits-edm", overrides), Path.of("nowhere"), 1);
    }

    private static MemoryBudget within(long bytes) {
        return new MemoryBudget(OptionalInt.empty(), false, OptionalLong.of(bytes));
    }

    @Test
    void aBatchThatFitsIsTakenWholeAndOneThatDoesNotInParts() {
        MemoryPlan whole = within(Long.MAX_VALUE).plan(run(), Optional.empty());
        assertEquals(1, whole.parts());
        MemoryPlan parts = within(whole.needed() - 1).plan(run(), Optional.empty());
        assertTrue(parts.parts() > 1, "in " + parts.parts() + " parts");
    }

    @Test
    void theTeachersPassesCount() {
        var shape = run().recipe().network();
        assertEquals(0, within(Long.MAX_VALUE).plan(run(), Optional.empty()).teacher());
        MemoryPlan taught = within(Long.MAX_VALUE).plan(run(), Optional.of(shape));
        assertTrue(taught.teacher() > 0, "a teacher of " + taught.teacher() + " bytes");
    }

    @Test
    void whatDecidesWhatIsLearntIsNotChosenByMemory() {
        Run summed = run("optim.accumulation=summed");
        MemoryPlan whole = within(Long.MAX_VALUE).plan(summed, Optional.empty());
        var refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> within(whole.needed() - 1).plan(summed, Optional.empty()));
        assertTrue(refused.getMessage().contains("optim.micro_batch"), refused.getMessage());
    }

    @Test
    void tooLittleIsRefusedWithWhatIsNeeded() {
        var refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> within(1 << 20).plan(run(), Optional.empty()));
        assertTrue(refused.getMessage().contains("the limit of 1.0 MiB"), refused.getMessage());
    }
}
