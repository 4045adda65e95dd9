package dev.cm4j.preset;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.model.ModelKind;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.TrigFlowScalings;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TrainedKindTest {

    private static Optional<ModelKind> kind(String objectives) {
        return TrainedKind.of(new EdmScalings(.5), "method:\n  phases:\n" + objectives.indent(4));
    }

    @Test
    void theLastPhaseDecides() {
        assertEquals(Optional.of(ModelKind.DIFFUSION), kind("- objective: {kind: edm}"));
        assertEquals(
                Optional.of(ModelKind.CONSISTENCY),
                kind("- objective: {kind: edm}\n- objective: {kind: ict}"));
        assertEquals(Optional.of(ModelKind.DIFFUSION), kind("- objective: {kind: pd}"));
        assertEquals(Optional.of(ModelKind.CONSISTENCY), kind("- objective: {kind: kd}"));
        String denoising = "- objective: {kind: ect, stages: {kind: equal, first: -1, count: 1}}";
        assertEquals(Optional.of(ModelKind.DIFFUSION), kind(denoising));
        assertEquals(
                Optional.of(ModelKind.CONSISTENCY),
                kind(denoising + "\n- objective: {kind: ect, stages: {first: 1, count: 4}}"));
    }

    @Test
    void boundaryScalingsDecideToo() {
        assertEquals(
                Optional.of(ModelKind.CONSISTENCY),
                TrainedKind.of(new BoundaryScalings(.5, .002), ""));
    }

    @Test
    void trigFlowIsEither() {
        var scalings = new TrigFlowScalings(.5);
        String phases = "method:\n  phases:\n    - objective: {kind: %s}\n";
        assertEquals(
                Optional.of(ModelKind.DIFFUSION),
                TrainedKind.of(scalings, phases.formatted("trigflow")));
        assertEquals(
                Optional.of(ModelKind.CONSISTENCY),
                TrainedKind.of(scalings, phases.formatted("scd")));
    }

    @Test
    void whatSaysNothingStaysOpen() {
        assertEquals(Optional.empty(), kind(""));
        assertEquals(Optional.empty(), TrainedKind.of(new EdmScalings(.5), "converted"));
        assertEquals(Optional.empty(), TrainedKind.of(new EdmScalings(.5), "a: [1"));
    }
}
