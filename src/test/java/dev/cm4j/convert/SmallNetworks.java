package dev.cm4j.convert;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Networks of each kind, small enough to convert in a moment, with weights of all sizes. */
final class SmallNetworks {

    private SmallNetworks() {}

    /** As cd_imagenet64: residual resampling, scale-shift norm, attention at 8, 10 classes. */
    static UNetConfig residual() {
        return builder().classes(10).build();
    }

    /** As the LSUN models: time added; two blocks, three levels of different width. */
    static UNetConfig added() {
        return builder()
                .modelChannels(64)
                .resBlocks(2)
                .channelMult(List.of(1, 2, 2))
                .attentionResolutions(List.of(16, 4))
                .headChannels(32)
                .scaleShiftNorm(false)
                .build();
    }

    /** Convolutions that resample, one head, grey. */
    static UNetConfig convolved() {
        return builder()
                .inChannels(1)
                .outChannels(1)
                .headChannels(-1)
                .resblockUpdown(false)
                .build();
    }

    /** Levels change without weights, which diffusers has not. */
    static UNetConfig pooling() {
        return builder().resblockUpdown(false).convResample(false).build();
    }

    private static UNetBuilder builder() {
        return new UNetBuilder()
                .imageSize(16)
                .modelChannels(32)
                .resBlocks(1)
                .channelMult(List.of(1, 2))
                .attentionResolutions(List.of(8))
                .heads(1)
                .headChannels(16);
    }

    /** Those that diffusers knows. */
    static List<UNetConfig> all() {
        return List.of(residual(), added(), convolved());
    }

    /** Weights of a network of this shape, the same each time. */
    static Map<String, TensorEntry> weights(UNetConfig config) {
        Random random = new Random(7);
        Map<String, TensorEntry> weights = new LinkedHashMap<>();
        OpenAiLayout.of(config)
                .forEach((name, shape) -> {
                    int count = 1;
                    for (long size : shape) {
                        count *= (int) size;
                    }
                    double scale = shape.length == 1 ? 0.1 : Math.sqrt((double) shape[0] / count);
                    boolean gain = shape.length == 1 && name.endsWith("weight");
                    ByteBuffer bytes =
                            ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
                    for (int i = 0; i < count; i++) {
                        bytes.putFloat((float) ((gain ? 1 : 0) + scale * random.nextGaussian()));
                    }
                    weights.put(
                            name,
                            new TensorEntry(
                                    name, DType.F32, shape, MemorySegment.ofArray(bytes.array())));
                });
        return weights;
    }
}
