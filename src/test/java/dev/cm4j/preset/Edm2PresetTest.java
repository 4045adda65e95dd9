package dev.cm4j.preset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.nn.NetworkKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A preset may choose the magnitude-preserving network. */
class Edm2PresetTest {

    private static final List<String> CHOICE =
            List.of(
                    "network.kind=edm2",
                    "network.scale_shift_norm=false",
                    "network.patch=1",
                    "network.attention_resolutions=[7]",
                    "network.channel_mult=[1, 2, 2]",
                    "method.time.scale=1");

    @Test
    void a_preset_says_the_kind() {
        var network = Presets.named("digits", CHOICE).network();
        assertEquals(NetworkKind.EDM2, network.kind());
        assertEquals(List.of(7), network.attentionResolutions());
    }

    @Test
    void what_does_not_fit_is_refused() {
        refused("optim.optimizer.weight_decay=0.01", "weight_decay is 0.01");
        refused("network.patch=2", "patch is 2");
    }

    private static void refused(String override, String sentence) {
        List<String> all = new ArrayList<>(CHOICE);
        all.add(override);
        var error = assertThrows(PresetException.class, () -> Presets.named("digits", all));
        assertTrue(error.getMessage().contains(sentence), error.getMessage());
    }
}
