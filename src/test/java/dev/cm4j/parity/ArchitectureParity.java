package dev.cm4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.convert.ArchitectureHints;
import dev.cm4j.convert.ArchitectureInference;
import dev.cm4j.convert.AttentionHeads;
import dev.cm4j.convert.OpenAiLayout;
import dev.cm4j.nn.UNetConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names, shapes and heads of whole networks, and networks told from their names and shapes. */
final class ArchitectureParity {

    private ArchitectureParity() {}

    /** The recorded state dict is our layout, name by name, and tells the network it is of. */
    static void architecture(ReferenceCase reference) {
        UNetConfig config = ReferenceNetworks.config(reference.get("config"), 0);
        Map<String, long[]> recorded = recorded(reference.get("state_dict"));
        assertEquals(lines(recorded), lines(OpenAiLayout.of(config)), reference.name());
        assertEquals(reference.get("num_tensors").asInt(), recorded.size());
        assertEquals(
                reference.get("num_parameters").asLong(),
                recorded.values().stream().mapToLong(ArchitectureParity::product).sum());
        assertEquals(heads(reference.get("attention_blocks")), AttentionHeads.of(config));
        var found =
                ArchitectureInference.infer(
                        reference.folder(), recorded, ArchitectureHints.of(config));
        assertEquals(comparable(config), comparable(found.network()), reference.name());
        assertEquals(List.of(), found.assumptions(), reference.name());
    }

    /** Without what has no effect on the network: unused head counts, the order of levels. */
    private static UNetConfig comparable(UNetConfig config) {
        boolean width = config.headChannels() != -1;
        List<Integer> attention = config.attentionResolutions().stream().sorted().toList();
        return config.toBuilder()
                .heads(width ? 1 : config.heads())
                .headsUpsample(width ? -1 : config.headsUpsample())
                .convResample(config.resblockUpdown() || config.convResample())
                .attentionResolutions(attention)
                .build();
    }

    private static Map<String, long[]> recorded(JsonNode rows) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        for (JsonNode row : rows) {
            long[] shape = new long[row.get(1).size()];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = row.get(1).get(i).asLong();
            }
            shapes.put(row.get(0).asText(), shape);
        }
        return shapes;
    }

    private static Map<String, Integer> heads(JsonNode blocks) {
        Map<String, Integer> heads = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> block : blocks.properties()) {
            heads.put(block.getKey(), block.getValue().asInt());
        }
        return heads;
    }

    private static List<String> lines(Map<String, long[]> shapes) {
        List<String> lines = new ArrayList<>();
        shapes.forEach((name, shape) -> lines.add(name + " " + Arrays.toString(shape)));
        return lines;
    }

    private static long product(long[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }
}
