package dev.cm4j.convert;

import dev.cm4j.nn.UNetConfig;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** How many heads each attention of a network has. */
public final class AttentionHeads {

    private static final String MARK = ".qkv.bias";

    private AttentionHeads() {}

    /**
     * Lists the attentions.
     *
     * @param config the network
     * @return name of the block, such as {@code middle_block.1}, to its number of heads, in the
     *     order of the state dict; unmodifiable
     */
    public static Map<String, Integer> of(UNetConfig config) {
        Map<String, Integer> heads = new LinkedHashMap<>();
        OpenAiLayout.of(config)
                .forEach((name, shape) -> {
                    if (name.endsWith(MARK)) {
                        String block = name.substring(0, name.length() - MARK.length());
                        heads.put(block, heads(config, block, (int) shape[0] / 3));
                    }
                });
        return Collections.unmodifiableMap(heads);
    }

    private static int heads(UNetConfig config, String block, int channels) {
        if (config.headChannels() != -1) {
            return channels / config.headChannels();
        }
        boolean decoder = block.startsWith("output_blocks.");
        return decoder && config.headsUpsample() != -1 ? config.headsUpsample() : config.heads();
    }
}
