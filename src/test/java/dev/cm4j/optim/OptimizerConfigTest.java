package dev.cm4j.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.optim.OptimizerConfig.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptimizerConfigTest {
    @ParameterizedTest
    @CsvSource({
        "1, .9, 1e-8, 0, beta1 1.0",
        ".9, -.1, 1e-8, 0, beta2 -0.1",
        ".9, NaN, 1e-8, 0, beta2 NaN",
        ".9, .9, -1, 0, eps -1.0",
        ".9, .9, 1e-8, -1, weightDecay -1.0",
        ".9, .9, 1e-8, Infinity, weightDecay Infinity",
    })
    void refuses_what_is_out_of_range(
            double beta1, double beta2, double eps, double decay, String sentence) {
        var error =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> new OptimizerConfig(Kind.ADAM, beta1, beta2, eps, decay));
        assertTrue(error.getMessage().startsWith(sentence), error.getMessage());
    }

    @Test
    void defaults_are_pytorchs() {
        assertEquals(new OptimizerConfig(Kind.RADAM, .9, .999, 1e-8, 0), OptimizerConfig.radam());
        assertEquals(.01, OptimizerConfig.of(Kind.ADAMW).weightDecay());
    }
}
