package dev.cm4j.parity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.checkpoint.StateDict;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TensorFile;
import dev.cm4j.loss.Lpips;
import dev.cm4j.nn.Vgg16;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.SharedData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** LPIPS on recorded pairs, with recorded or generated weights of VGG16. */
final class LpipsParity {

    private static final int[] FULL_WIDTHS = {64, 128, 256, 512, 512};
    private static final int[] CONVOLUTIONS = {2, 2, 3, 3, 3};

    private LpipsParity() {}

    static void distance(ReferenceCase reference) {
        for (Vgg16.Pooling pooling : Vgg16.Pooling.values()) {
            String suffix = pooling == Vgg16.Pooling.AVERAGE ? "/average_pool" : "/max_pool";
            if (!reference.has("distance" + suffix)) {
                continue;
            }
            try (Scope _ = Scope.open();
                    Lpips lpips = open(reference, pooling);
                    var _ = Gradients.enabled()) {
                Tensor a = reference.tensor("a").requireGrad();
                Tensor b = reference.tensor("b");
                List<Tensor> parts = lpips.parts(a, b);
                for (int l = 0; l < parts.size(); l++) {
                    reference.check("layer" + l + suffix, parts.get(l).detach());
                }
                Tensor distance = lpips.distance(a, b);
                reference.check("distance" + suffix, distance.detach());
                distance.sum().backward();
                reference.check("grad_a" + suffix, a.grad().orElseThrow());
            }
        }
    }

    /** The distance that a case names under {@code lpips}; the caller closes it. */
    static Lpips open(ReferenceCase reference, Vgg16.Pooling pooling) {
        JsonNode spec = reference.get("lpips");
        try (Arena arena = Arena.ofConfined()) {
            if (spec.has("recipe_seed")) {
                Path linear = SharedData.require("lpips/v0.1/vgg.pth");
                try (TensorFile file = TensorFile.open(linear)) {
                    return Lpips.of(
                            generated(arena, spec.path("recipe_seed").asLong(), spec),
                            StateDict.of(file, Optional.empty()).entries(),
                            pooling);
                }
            }
            Path weights = reference.folder().resolve(spec.path("weights").asText());
            try (TensorFile file = TensorFile.open(weights)) {
                return Lpips.of(file.entries(), file.entries(), pooling);
            }
        }
    }

    private static Map<String, TensorEntry> generated(Arena arena, long seed, JsonNode spec) {
        int divisor = spec.path("channel_divisor").asInt(1);
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        long channels = 3;
        int index = 0;
        for (int block = 0; block < CONVOLUTIONS.length; block++) {
            for (int i = 0; i < CONVOLUTIONS[block]; i++) {
                long width = FULL_WIDTHS[block] / divisor;
                String name = "features." + index;
                double scale = Math.sqrt(6.0 / (9 * channels));
                put(arena, entries, name + ".weight", seed, scale, width, channels, 3, 3);
                put(arena, entries, name + ".bias", seed, 0.05, width);
                channels = width;
                index += 2;
            }
            index++;
        }
        return entries;
    }

    private static void put(
            Arena arena,
            Map<String, TensorEntry> entries,
            String name,
            long seed,
            double scale,
            long... shape) {
        long count = 1;
        for (long size : shape) {
            count *= size;
        }
        MemorySegment data = arena.allocate(ValueLayout.JAVA_FLOAT, count);
        RecipeNumbers recipe = new RecipeNumbers(name, seed);
        for (long i = 0; i < count; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (recipe.uniform(i) * scale));
        }
        entries.put(name, new TensorEntry(name, DType.F32, shape, data));
    }
}
