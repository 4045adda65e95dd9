package dev.cm4j.metric;

import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Writes random weights of the Inception network under the names of either state dict. */
final class InceptionWeightsFile {

    /** Plain name, other name, out, in, height, width. */
    private record Unit(String plain, String other, int... shape) {}

    private InceptionWeightsFile() {}

    /**
     * Writes the file.
     *
     * @param file safetensors
     * @param plain whether {@code layers.<path>} names are wanted, else torch-fidelity's
     */
    static void write(Path file, boolean plain) {
        Random random = new Random(7);
        try (var arena = Arena.ofConfined()) {
            Map<String, TensorEntry> entries = new LinkedHashMap<>();
            for (Unit unit : units()) {
                int[] s = unit.shape();
                String prefix = plain ? "layers." + unit.plain() : unit.other();
                double spread = Math.sqrt(2.0 / (s[1] * s[2] * s[3]));
                put(
                        arena,
                        entries,
                        prefix + (plain ? ".weight" : ".conv.weight"),
                        random,
                        0,
                        spread,
                        s);
                put(arena, entries, prefix + (plain ? ".beta" : ".bn.bias"), random, 0, .2, s[0]);
                put(
                        arena,
                        entries,
                        prefix + (plain ? ".mean" : ".bn.running_mean"),
                        random,
                        0,
                        .2,
                        s[0]);
                put(
                        arena,
                        entries,
                        prefix + (plain ? ".var" : ".bn.running_var"),
                        random,
                        1,
                        .1,
                        s[0]);
                if (!plain) { // a scale of 1, as the published file has it
                    put(arena, entries, prefix + ".bn.weight", new Random(1), 1, 0, s[0]);
                }
            }
            String last = plain ? "output" : "fc";
            put(arena, entries, last + ".weight", random, 0, .03, 1008, 2048);
            put(arena, entries, last + ".bias", random, 0, .03, 1008);
            SafetensorsFile.write(file, entries, Map.of());
        }
    }

    private static void put(
            Arena arena,
            Map<String, TensorEntry> entries,
            String name,
            Random random,
            double mean,
            double spread,
            int... shape) {
        long count = 1;
        long[] sizes = new long[shape.length];
        for (int i = 0; i < shape.length; i++) {
            sizes[i] = shape[i];
            count *= shape[i];
        }
        MemorySegment data = arena.allocate(count * Float.BYTES, Float.BYTES);
        for (long i = 0; i < count; i++) {
            // uniform of the wanted deviation: never far off, and quickly drawn
            float value = (float) (mean + spread * (random.nextFloat() - .5f) * Math.sqrt(12));
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        }
        entries.put(name, new TensorEntry(name, DType.F32, sizes, data));
    }

    private static List<Unit> units() {
        List<Unit> units = new ArrayList<>();
        units.add(new Unit("conv", "Conv2d_1a_3x3", 32, 3, 3, 3));
        units.add(new Unit("conv_1", "Conv2d_2a_3x3", 32, 32, 3, 3));
        units.add(new Unit("conv_2", "Conv2d_2b_3x3", 64, 32, 3, 3));
        units.add(new Unit("conv_3", "Conv2d_3b_1x1", 80, 64, 1, 1));
        units.add(new Unit("conv_4", "Conv2d_4a_3x3", 192, 80, 3, 3));
        String[][] wide = {{"mixed", "Mixed_5b"}, {"mixed_1", "Mixed_5c"}, {"mixed_2", "Mixed_5d"}};
        int[] in = {192, 256, 288};
        int[] pool = {32, 64, 64};
        for (int i = 0; i < 3; i++) {
            String p = wide[i][0] + ".";
            String o = wide[i][1] + ".";
            units.add(new Unit(p + "conv", o + "branch1x1", 64, in[i], 1, 1));
            units.add(new Unit(p + "tower.conv", o + "branch5x5_1", 48, in[i], 1, 1));
            units.add(new Unit(p + "tower.conv_1", o + "branch5x5_2", 64, 48, 5, 5));
            units.add(new Unit(p + "tower_1.conv", o + "branch3x3dbl_1", 64, in[i], 1, 1));
            units.add(new Unit(p + "tower_1.conv_1", o + "branch3x3dbl_2", 96, 64, 3, 3));
            units.add(new Unit(p + "tower_1.conv_2", o + "branch3x3dbl_3", 96, 96, 3, 3));
            units.add(new Unit(p + "tower_2.conv", o + "branch_pool", pool[i], in[i], 1, 1));
        }
        units.add(new Unit("mixed_3.conv", "Mixed_6a.branch3x3", 384, 288, 3, 3));
        units.add(new Unit("mixed_3.tower.conv", "Mixed_6a.branch3x3dbl_1", 64, 288, 1, 1));
        units.add(new Unit("mixed_3.tower.conv_1", "Mixed_6a.branch3x3dbl_2", 96, 64, 3, 3));
        units.add(new Unit("mixed_3.tower.conv_2", "Mixed_6a.branch3x3dbl_3", 96, 96, 3, 3));
        int[] widths = {128, 160, 160, 192};
        for (int i = 0; i < widths.length; i++) {
            String p = "mixed_" + (4 + i) + ".";
            String o = "Mixed_6" + "bcde".charAt(i) + ".";
            int c = widths[i];
            units.add(new Unit(p + "conv", o + "branch1x1", 192, 768, 1, 1));
            units.add(new Unit(p + "tower.conv", o + "branch7x7_1", c, 768, 1, 1));
            units.add(new Unit(p + "tower.conv_1", o + "branch7x7_2", c, c, 1, 7));
            units.add(new Unit(p + "tower.conv_2", o + "branch7x7_3", 192, c, 7, 1));
            units.add(new Unit(p + "tower_1.conv", o + "branch7x7dbl_1", c, 768, 1, 1));
            units.add(new Unit(p + "tower_1.conv_1", o + "branch7x7dbl_2", c, c, 7, 1));
            units.add(new Unit(p + "tower_1.conv_2", o + "branch7x7dbl_3", c, c, 1, 7));
            units.add(new Unit(p + "tower_1.conv_3", o + "branch7x7dbl_4", c, c, 7, 1));
            units.add(new Unit(p + "tower_1.conv_4", o + "branch7x7dbl_5", 192, c, 1, 7));
            units.add(new Unit(p + "tower_2.conv", o + "branch_pool", 192, 768, 1, 1));
        }
        units.add(new Unit("mixed_8.tower.conv", "Mixed_7a.branch3x3_1", 192, 768, 1, 1));
        units.add(new Unit("mixed_8.tower.conv_1", "Mixed_7a.branch3x3_2", 320, 192, 3, 3));
        units.add(new Unit("mixed_8.tower_1.conv", "Mixed_7a.branch7x7x3_1", 192, 768, 1, 1));
        units.add(new Unit("mixed_8.tower_1.conv_1", "Mixed_7a.branch7x7x3_2", 192, 192, 1, 7));
        units.add(new Unit("mixed_8.tower_1.conv_2", "Mixed_7a.branch7x7x3_3", 192, 192, 7, 1));
        units.add(new Unit("mixed_8.tower_1.conv_3", "Mixed_7a.branch7x7x3_4", 192, 192, 3, 3));
        for (int i = 0; i < 2; i++) {
            String p = "mixed_" + (9 + i) + ".";
            String o = "Mixed_7" + "bc".charAt(i) + ".";
            int c = i == 0 ? 1280 : 2048;
            units.add(new Unit(p + "conv", o + "branch1x1", 320, c, 1, 1));
            units.add(new Unit(p + "tower_conv", o + "branch3x3_1", 384, c, 1, 1));
            units.add(new Unit(p + "tower_mixed_conv", o + "branch3x3_2a", 384, 384, 1, 3));
            units.add(new Unit(p + "tower_mixed_conv_1", o + "branch3x3_2b", 384, 384, 3, 1));
            units.add(new Unit(p + "tower_1_conv", o + "branch3x3dbl_1", 448, c, 1, 1));
            units.add(new Unit(p + "tower_1_conv_1", o + "branch3x3dbl_2", 384, 448, 3, 3));
            units.add(new Unit(p + "tower_1_mixed_conv", o + "branch3x3dbl_3a", 384, 384, 1, 3));
            units.add(new Unit(p + "tower_1_mixed_conv_1", o + "branch3x3dbl_3b", 384, 384, 3, 1));
            units.add(new Unit(p + "tower_2_conv", o + "branch_pool", 192, c, 1, 1));
        }
        return units;
    }
}
