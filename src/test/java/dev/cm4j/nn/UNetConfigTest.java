package dev.cm4j.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class UNetConfigTest {
    @Test
    void attention_in_pixels_becomes_rates() {
        assertEquals(List.of(2, 4, 8), UNetConfig.imagenet64().attentionDownsample());
        assertEquals(List.of(8, 16, 32), UNetConfig.bedroom256().attentionDownsample());
        assertEquals(List.of(4), UNetConfig.mnist32().attentionDownsample());
    }

    @Test
    void rates_become_attention_in_pixels() {
        UNetConfig grey =
                new UNetBuilder()
                        .imageSize(28)
                        .modelChannels(32)
                        .channelMult(List.of(1, 1, 1))
                        .headChannels(16)
                        .build();
        assertEquals(
                List.of(14, 7), grey.withAttentionDownsample(List.of(2, 4)).attentionResolutions());
        assertThrows(
                IllegalArgumentException.class, () -> grey.withAttentionDownsample(List.of(3)));
    }

    @Test
    void folding_keeps_attention_at_its_levels() {
        UNetConfig folded = UNetConfig.imagenet64().withPatch(2);
        assertEquals(List.of(16, 8, 4), folded.attentionResolutions());
        assertEquals(UNetConfig.imagenet64().attentionDownsample(), folded.attentionDownsample());
    }

    @Test
    void the_native_form_has_every_key_once() {
        String text =
                UNetConfig.test32()
                        .withDropout(.1)
                        .withQkvOrder(QkvOrder.HEAD_DIM_THREE)
                        .toNative();
        assertEquals(
                """
                image_size=32
                in_channels=3
                out_channels=3
                model_channels=32
                num_res_blocks=2
                channel_mult=1,2
                attention_downsample=2
                num_heads=4
                num_heads_upsample=-1
                num_head_channels=8
                num_classes=1000
                patch=1
                dropout=0.1
                use_scale_shift_norm=1
                resblock_updown=1
                conv_resample=1
                qkv_order=head-dim-three
                """,
                text);
    }

    @Test
    void lists_are_copied() {
        List<Integer> mult = new ArrayList<>(List.of(1, 2));
        UNetConfig config = new UNetBuilder().channelMult(mult).build();
        mult.add(7);
        assertEquals(List.of(1, 2), config.channelMult());
        assertEquals(config, config.toBuilder().build());
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                arguments(
                        "imageSize 30 is not a multiple of 4 = patch 1 · 2^(3 levels - 1); pad to 32",
                        with(b -> b.imageSize(30))),
                arguments("imageSize 64 is not a multiple of 12", with(b -> b.patch(3))),
                arguments("48 channels = 1 · modelChannels 48", with(b -> b.modelChannels(48))),
                arguments("attention at 24 pixels", with(b -> b.attentionResolutions(List.of(24)))),
                arguments(
                        "attention at 8 pixels: the levels of this network have [64, 32, 16]",
                        with(b -> b.attentionResolutions(List.of(8)))),
                arguments("headChannels 48 does not divide the 256", with(b -> b.headChannels(48))),
                arguments("heads 3 do not divide the 256", with(b -> b.heads(3))),
                arguments("headsUpsample 5 do not divide the 256", with(b -> b.headsUpsample(5))),
                arguments("headsUpsample 0", with(b -> b.headsUpsample(0))),
                arguments("headChannels -2", with(b -> b.headChannels(-2))),
                arguments("dropout 1.0 is not in [0, 1)", with(b -> b.dropout(1))),
                arguments("classes -1", with(b -> b.classes(-1))),
                arguments("channelMult is empty", with(b -> b.channelMult(List.of()))),
                arguments("each of channelMult 0", with(b -> b.channelMult(List.of(1, 0)))),
                arguments("resBlocks 0 is not positive", with(b -> b.resBlocks(0))),
                arguments(
                        "resBlocks 999999999 is more than the 256 a level can have",
                        with(b -> b.resBlocks(999_999_999))),
                arguments(
                        "channelMult has 32 levels, more than the 16 a network can have",
                        with(b -> b.channelMult(Collections.nCopies(32, 1)).patch(2))),
                arguments(
                        "imageSize 64 is not a multiple of 2147483648",
                        with(b -> b.channelMult(Collections.nCopies(16, 1)).patch(1 << 16))),
                arguments("inChannels 0 is not positive", with(b -> b.inChannels(0))));
    }

    @Test
    void theSeedNetworkHasNothingToChooseButItsWidth() {
        var seed = UNetConfig.seed(128, 1);
        assertTrue(seed.toNative().startsWith("kind=seed\n"), seed.toNative());
        var classes = assertThrows(IllegalArgumentException.class, () -> seed.withClasses(10));
        assertEquals(
                "classes is 10, but in a network of kind seed it can only be 0",
                classes.getMessage());
        assertThrows(IllegalArgumentException.class, () -> seed.withDropout(.1));
        assertThrows(IllegalArgumentException.class, () -> seed.withPatch(2));
        assertThrows(IllegalArgumentException.class, () -> UNetConfig.seed(48, 1));
        assertEquals(NetworkKind.SEED, NetworkKind.named("seed"));
        assertThrows(IllegalArgumentException.class, () -> NetworkKind.named("vit"));
    }

    @Test
    void songNetworksHaveFixedBlocksAndFreeWidths() {
        var song = UNetConfig.ddpmpp();
        assertTrue(song.toNative().startsWith("kind=ddpmpp\n"), song.toNative());
        assertTrue(song.toNative().contains("qkv_order=head-dim-three"), song.toNative());
        var patch = assertThrows(IllegalArgumentException.class, () -> song.withPatch(2));
        assertEquals(
                "patch is 2, but in a network of kind ddpmpp it can only be 1", patch.getMessage());
        for (int width : List.of(16, 32, 64, 96)) {
            assertEquals(
                    width,
                    song.toBuilder()
                            .modelChannels(width)
                            .channelMult(List.of(1, 2))
                            .build()
                            .modelChannels());
        }
        for (int width : List.of(15, 2, 34, 48)) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> song.toBuilder().modelChannels(width).build(),
                    "width " + width);
        }
        var groups =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                UNetConfig.ncsnpp().toBuilder()
                                        .modelChannels(16)
                                        .channelMult(List.of(1, 8))
                                        .build());
        assertEquals(
                "a block has 144 channels, not a multiple of the 32 groups of its norm",
                groups.getMessage());
        assertEquals(NetworkKind.NCSNPP, NetworkKind.named("ncsnpp"));
    }

    private static UnaryOperator<UNetBuilder> with(UnaryOperator<UNetBuilder> change) {
        return change;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(String sentence, UnaryOperator<UNetBuilder> change) {
        var error =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> change.apply(new UNetBuilder()).build());
        assertTrue(error.getMessage().contains(sentence), error.getMessage());
    }
}
