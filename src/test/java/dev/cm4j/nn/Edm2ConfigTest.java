package dev.cm4j.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.testing.Edm2Networks;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class Edm2ConfigTest {

    @Test
    void the_published_ladder() {
        UNetConfig s = UNetConfig.edm2(64, 4, 192, 1000);
        assertEquals(List.of(1, 2, 3, 4), s.channelMult());
        assertEquals(List.of(16, 8), s.attentionResolutions());
        assertEquals(s, s.toBuilder().build());
        assertTrue(s.toNative().startsWith("kind=edm2\nimage_size=64\n"), s.toNative());
    }

    @Test
    void widths_need_no_groups() {
        assertEquals(
                24,
                Edm2Networks.builder(1).modelChannels(24).headChannels(8).build().modelChannels());
    }

    @Test
    void what_is_fixed_is_named() {
        refused(b -> b.scaleShiftNorm(true), "scaleShiftNorm is true");
        refused(b -> b.resblockUpdown(false), "resblockUpdown is false");
        refused(b -> b.convResample(true), "convResample is true");
        refused(b -> b.patch(2), "patch is 2");
        refused(b -> b.heads(4), "heads is 4");
        refused(b -> b.headsUpsample(4), "headsUpsample is 4");
        refused(b -> b.outChannels(6), "outChannels is 6");
        refused(b -> b.qkvOrder(QkvOrder.THREE_HEAD), "qkvOrder is THREE_HEAD");
        refused(b -> b.headChannels(-1), "headChannels is -1");
        refused(b -> b.headChannels(48), "headChannels 48 does not divide the 64 channels");
    }

    private static void refused(UnaryOperator<UNetBuilder> change, String sentence) {
        var error =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> change.apply(Edm2Networks.builder(3)).build());
        assertTrue(error.getMessage().contains(sentence), error.getMessage());
    }
}
