package dev.cm4j.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.tensor.Tensor;
import java.io.IOException;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Cases a script of tools/golden has written, and how near to them a result must be. */
public final class GoldenCases {

    private static final double TOLERANCE = 1e-4;

    private GoldenCases() {}

    /**
     * The cases of a network.
     *
     * @param folder below {@code golden}, such as {@code seed-network}
     */
    public static Stream<JsonNode> of(String folder) throws IOException {
        String file = "/golden/" + folder + "/cases.json";
        JsonNode all = new ObjectMapper().readTree(GoldenCases.class.getResource(file));
        return StreamSupport.stream(all.spliterator(), false);
    }

    /**
     * A number of each image.
     *
     * @param expected one for each image
     * @param images [N, C, H, W]
     * @param of from [1, C, H, W]
     */
    public static void near(JsonNode expected, Tensor images, ToDoubleFunction<Tensor> of) {
        for (int n = 0; n < expected.size(); n++) {
            near(expected.get(n).asDouble(), of.applyAsDouble(images.narrow(0, n, 1)));
        }
    }

    /** Relative above 1, absolute below. */
    public static void near(double expected, double actual) {
        assertEquals(expected, actual, TOLERANCE * Math.max(Math.abs(expected), 1));
    }
}
