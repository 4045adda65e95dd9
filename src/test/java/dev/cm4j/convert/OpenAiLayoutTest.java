package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.NoLeaks;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The list of parameters is that of the network itself. */
@ExtendWith(NoLeaks.class)
class OpenAiLayoutTest {

    @Test
    void names_and_shapes_are_the_networks_own() {
        UNetConfig pooled =
                new UNetBuilder()
                        .imageSize(32)
                        .modelChannels(32)
                        .channelMult(List.of(2, 1, 3))
                        .resblockUpdown(false)
                        .convResample(false)
                        .build();
        for (UNetConfig config : SmallNetworks.all()) {
            check(config);
        }
        check(pooled);
        check(pooled.withPatch(2));
        check(UNetConfig.mnist32());
        check(UNetConfig.test32());
    }

    private static void check(UNetConfig config) {
        var layout = OpenAiLayout.of(config);
        try (UNet net = UNet.zeroed(config);
                Scope _ = Scope.open()) {
            assertEquals(net.parameterNames(), List.copyOf(layout.keySet()));
            net.parameters()
                    .forEach((name, tensor) ->
                            assertArrayEquals(tensor.shape(), layout.get(name), name));
        }
    }
}
