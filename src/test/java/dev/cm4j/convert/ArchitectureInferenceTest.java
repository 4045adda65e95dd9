package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.nn.UNetConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ArchitectureInferenceTest {

    private static final Path FILE = Path.of("weights.pt");

    static Stream<UNetConfig> networks() {
        return Stream.of(
                SmallNetworks.residual(),
                SmallNetworks.added(),
                SmallNetworks.convolved(),
                SmallNetworks.pooling(),
                SmallNetworks.residual().toBuilder().outChannels(6).build(),
                SmallNetworks.residual().toBuilder().attentionResolutions(List.of()).build(),
                SmallNetworks.residual().toBuilder()
                        .attentionResolutions(List.of(16, 8))
                        .headChannels(-1)
                        .heads(4)
                        .headsUpsample(2)
                        .build(),
                SmallNetworks.residual().toBuilder()
                        .channelMult(List.of(1))
                        .attentionResolutions(List.of())
                        .build(),
                UNetConfig.imagenet64(),
                UNetConfig.bedroom256(),
                UNetConfig.cifar10Small());
    }

    @ParameterizedTest
    @MethodSource("networks")
    void shapesAndHintsTellTheNetwork(UNetConfig network) {
        var found =
                ArchitectureInference.infer(
                        FILE, OpenAiLayout.of(network), ArchitectureHints.of(network));
        assertEquals(List.of(), found.assumptions());
        assertEquals(network.toBuilder().heads(found.network().heads()).build(), found.network());
    }

    @ParameterizedTest
    @MethodSource("published")
    void publishedNetworksNeedNoHints(UNetConfig network) {
        var found =
                ArchitectureInference.infer(FILE, OpenAiLayout.of(network), ArchitectureHints.NONE);
        assertEquals(network.imageSize(), found.network().imageSize());
        assertEquals(network.headChannels(), found.network().headChannels());
        assertEquals(2, found.assumptions().size(), found.assumptions().toString());
    }

    static Stream<UNetConfig> published() {
        return Stream.of(
                UNetConfig.imagenet64(),
                UNetConfig.imagenet64().withClasses(0),
                UNetConfig.bedroom256(),
                UNetConfig.test32(),
                UNetConfig.mnist32(),
                UNetConfig.cifar10());
    }

    @Test
    void headsThatDoNotDivideAreAskedFor() {
        UNetConfig odd = SmallNetworks.residual().toBuilder().channelMult(List.of(1, 3)).build();
        Map<String, long[]> shapes = OpenAiLayout.of(odd);
        var refusal = assertThrows(FormatException.class, () -> infer(shapes));
        assertTrue(refusal.getMessage().contains("--head-channels"), refusal.getMessage());
        var hints =
                new ArchitectureHints(
                        OptionalInt.empty(),
                        OptionalInt.of(16),
                        OptionalInt.empty(),
                        OptionalInt.empty());
        var found = ArchitectureInference.infer(FILE, shapes, hints);
        assertEquals(16, found.network().headChannels());
        assertEquals(1, found.assumptions().size());
        assertTrue(found.assumptions().getFirst().contains("--image-size"));
    }

    @Test
    void whatIsMissingUnknownOrMisshapenIsNamed() {
        Map<String, long[]> shapes = new LinkedHashMap<>(OpenAiLayout.of(UNetConfig.mnist32()));
        shapes.remove("middle_block.1.norm.bias");
        shapes.put("extra.weight", new long[] {3});
        shapes.put("out.0.weight", new long[] {65});
        String sentence = assertThrows(FormatException.class, () -> infer(shapes)).getMessage();
        assertTrue(sentence.contains("1 missing: middle_block.1.norm.bias"), sentence);
        assertTrue(sentence.contains("1 unknown: extra.weight"), sentence);
        assertTrue(sentence.contains("out.0.weight is [65] and not [64]"), sentence);
    }

    /** As guided-diffusion's network for 512 pixels, whose first level is half as wide as M. */
    @Test
    void partsOfTheModelChannelsAreNamed() {
        Map<String, long[]> shapes = new LinkedHashMap<>(OpenAiLayout.of(UNetConfig.mnist32()));
        shapes.put("time_embed.0.weight", new long[] {512, 128});
        String sentence = assertThrows(FormatException.class, () -> infer(shapes)).getMessage();
        assertTrue(sentence.contains("has 64 channels"), sentence);
        assertTrue(sentence.contains("a multiple of the 128 model channels"), sentence);
    }

    @Test
    void otherNetworksAreRefusedBySomeOfTheirNames() {
        Map<String, long[]> shapes = Map.of("conv1.weight", new long[] {6, 1, 5, 5});
        String sentence = assertThrows(FormatException.class, () -> infer(shapes)).getMessage();
        assertTrue(sentence.contains("not an ADM U-Net"), sentence);
        assertTrue(sentence.contains("conv1.weight"), sentence);
    }

    @Test
    void hostileNumbersOfBlocksAreRefused() {
        Map<String, long[]> shapes = new LinkedHashMap<>(OpenAiLayout.of(UNetConfig.mnist32()));
        shapes.put("output_blocks.2000000000.0.in_layers.0.weight", new long[] {64});
        assertThrows(FormatException.class, () -> infer(shapes));
        shapes.remove("output_blocks.2000000000.0.in_layers.0.weight");
        shapes.put("output_blocks.999.0.in_layers.0.weight", new long[] {64});
        assertThrows(FormatException.class, () -> infer(shapes));
    }

    private static ArchitectureInference.Inferred infer(Map<String, long[]> shapes) {
        return ArchitectureInference.infer(FILE, shapes, ArchitectureHints.NONE);
    }
}
