package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import dev.cm4j.testing.RandomWeights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QkvOrderTest {

    private static final UNetConfig NETWORK = SmallNetworks.residual();

    @Test
    void rowsMoveAsTheTableSays() {
        // Two heads of two channels; a row is 100 head + 10 part + channel.
        assertEquals(
                List.of(0, 1, 100, 101, 10, 11, 110, 111, 20, 21, 120, 121),
                labels(QkvOrder.THREE_HEAD));
        assertEquals(
                List.of(0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121),
                labels(QkvOrder.HEAD_THREE));
        assertEquals(
                List.of(0, 10, 20, 1, 11, 21, 100, 110, 120, 101, 111, 121),
                labels(QkvOrder.HEAD_DIM_THREE));
    }

    private static List<Integer> labels(QkvOrder order) {
        Integer[] rows = new Integer[12];
        for (int part = 0; part < 3; part++) {
            for (int head = 0; head < 2; head++) {
                for (int channel = 0; channel < 2; channel++) {
                    int row = QkvRows.row(order, 2, 2, part, head, channel);
                    rows[row] = 100 * head + 10 * part + channel;
                    assertEquals(part, QkvRows.part(order, 2, 2, row));
                }
            }
        }
        return List.of(rows);
    }

    @ParameterizedTest
    @EnumSource(QkvOrder.class)
    void thereAndBackIsTheSame(QkvOrder order) {
        TensorEntry weight = weights().get("middle_block.1.qkv.weight");
        TensorEntry there = QkvRows.reorder(weight, 4, QkvOrder.THREE_HEAD, order);
        assertEquals(order == QkvOrder.THREE_HEAD, weight.equals(there));
        assertEquals(weight, QkvRows.reorder(there, 4, order, QkvOrder.THREE_HEAD));
    }

    @ParameterizedTest
    @EnumSource(QkvOrder.class)
    void trainedWeightsTellTheirOrder(QkvOrder true_) {
        Map<String, Integer> heads = AttentionHeads.of(NETWORK);
        Map<String, TensorEntry> weights = new LinkedHashMap<>(weights());
        heads.forEach((block, count) -> {
            String name = block + ".qkv.weight";
            TensorEntry louder = withLouderValues(weights.get(name));
            weights.put(name, QkvRows.reorder(louder, count, QkvOrder.THREE_HEAD, true_));
        });
        for (QkvOrder taken : QkvOrder.values()) {
            Optional<String> warning = QkvEvidence.against(weights, heads, taken);
            assertEquals(taken != true_, warning.isPresent(), taken + ": " + warning);
            if (taken != true_) {
                assertTrue(warning.get().contains(true_.key()), warning.get());
            }
        }
    }

    @Test
    void untrainedWeightsTellNothing() {
        for (QkvOrder taken : QkvOrder.values()) {
            assertFalse(
                    QkvEvidence.against(weights(), AttentionHeads.of(NETWORK), taken).isPresent());
        }
    }

    private static Map<String, TensorEntry> weights() {
        return RandomWeights.of(OpenAiLayout.of(NETWORK), 5);
    }

    /** The rows of v, the last third, twice as long. */
    private static TensorEntry withLouderValues(TensorEntry weight) {
        float[] values = weight.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        for (int i = values.length / 3 * 2; i < values.length; i++) {
            values[i] *= 2;
        }
        return new TensorEntry(
                weight.name(), DType.F32, weight.shape(), MemorySegment.ofArray(values));
    }
}
