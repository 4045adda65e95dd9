package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.nn.Precision;
import dev.cm4j.preset.Presets;
import dev.cm4j.train.Budget;
import dev.cm4j.train.CheckpointPolicy;
import dev.cm4j.train.Run;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What a run is told where its memory is not planned. */
class MemoryOptionsTest {

    private static Run unplanned(String... words) {
        Run run =
                Presets.named("digits", List.of("optim.batch_size=32"))
                        .run(
                                Path.of("nowhere"),
                                Budget.steps(1),
                                0,
                                Precision.F32,
                                CheckpointPolicy.standard(),
                                List.of());
        return CommandLine.populateCommand(new MemoryOptions(), words).budget().unplanned(run);
    }

    @Test
    void a_number_of_images_is_kept() {
        assertEquals(32, unplanned().recipe().microBatch());
        assertEquals(8, unplanned("--microbatch=8").recipe().microBatch());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--microbatch=auto", "--memory=6G", "--microbatch=5"})
    void what_cannot_be_done_is_refused(String word) {
        var refused = assertThrows(IllegalArgumentException.class, () -> unplanned(word));
        assertTrue(refused.getMessage().contains("batch"), refused.getMessage());
    }
}
