package dev.cm4j.convert;

import dev.cm4j.nn.UNetConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which module of diffusers stands for which of the original. */
final class DiffusersModules {

    private static final Map<String, String> INNER =
            Map.ofEntries(
                    Map.entry("in_layers.0", "norm1"),
                    Map.entry("in_layers.2", "conv1"),
                    Map.entry("emb_layers.1", "time_emb_proj"),
                    Map.entry("out_layers.0", "norm2"),
                    Map.entry("out_layers.3", "conv2"),
                    Map.entry("skip_connection", "conv_shortcut"),
                    Map.entry("norm", "group_norm"),
                    Map.entry("qkv", "qkv"),
                    Map.entry("proj_out", "to_out.0"),
                    Map.entry("op", "conv"),
                    Map.entry("conv", "conv"));

    private DiffusersModules() {}

    /** The modules that are numbered by level, and the few that are not. */
    static Map<String, String> of(UNetConfig config) {
        Map<String, String> modules = new HashMap<>();
        modules.put("time_embed.0", "time_embedding.linear_1");
        modules.put("time_embed.2", "time_embedding.linear_2");
        modules.put("label_emb", "class_embedding");
        modules.put("input_blocks.0.0", "conv_in");
        modules.put("middle_block.0", "mid_block.resnets.0");
        modules.put("middle_block.1", "mid_block.attentions.0");
        modules.put("middle_block.2", "mid_block.resnets.1");
        modules.put("out.0", "conv_norm_out");
        modules.put("out.2", "conv_out");
        List<Integer> attention = config.attentionDownsample();
        int last = config.levels() - 1;
        int k = 1;
        for (int level = 0; level <= last; level++) {
            String down = "down_blocks." + level;
            for (int j = 0; j < config.resBlocks(); j++, k++) {
                modules.put("input_blocks." + k + ".0", down + ".resnets." + j);
                modules.put("input_blocks." + k + ".1", down + ".attentions." + j);
            }
            if (level < last) {
                modules.put("input_blocks." + k++ + ".0", down + ".downsamplers.0");
            }
        }
        k = 0;
        for (int level = last; level >= 0; level--) {
            String up = "up_blocks." + (last - level);
            boolean attends = attention.contains(1 << level);
            for (int j = 0; j <= config.resBlocks(); j++, k++) {
                modules.put("output_blocks." + k + ".0", up + ".resnets." + j);
                if (attends) {
                    modules.put("output_blocks." + k + ".1", up + ".attentions." + j);
                }
                if (level > 0 && j == config.resBlocks()) {
                    modules.put(
                            "output_blocks." + k + (attends ? ".2" : ".1"), up + ".upsamplers.0");
                }
            }
        }
        return modules;
    }

    /** Translates a parameter's name; {@code qkv} is left to be split. */
    static String name(String openAi, Map<String, String> modules) {
        int end = openAi.lastIndexOf('.');
        String module = openAi.substring(0, end);
        String leaf = openAi.substring(end);
        if (modules.containsKey(module)) {
            return modules.get(module) + leaf;
        }
        int digit = thirdDot(module);
        return modules.get(module.substring(0, digit))
                + "."
                + INNER.get(module.substring(digit + 1))
                + leaf;
    }

    /**
     * Where the number inside a block ends: {@code input_blocks.4.1|.qkv}, {@code
     * middle_block.1|.qkv}.
     */
    private static int thirdDot(String module) {
        int at = module.indexOf('.', module.indexOf('.') + 1);
        return module.startsWith("middle_block.") ? at : module.indexOf('.', at + 1);
    }
}
