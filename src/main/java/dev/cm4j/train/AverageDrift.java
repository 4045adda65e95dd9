package dev.cm4j.train;

import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How far each evaluation average stands from the weights it follows.
 *
 * <pre>
 *   drift = ‖ē − θ‖₂ / ‖θ‖₂
 * </pre>
 *
 * <p>A slow average of young weights drifts far, and a drift that does not fall with the learning
 * rate says that the average lags behind.
 */
final class AverageDrift {

    private AverageDrift() {}

    /** The drift of each average by its label, in the recipe's order. */
    static Map<String, Double> of(TrainState state) {
        Map<String, Double> drifts = new LinkedHashMap<>();
        try (Scope _ = Scope.open()) {
            Tensor weights = state.online().weights();
            double size = weights.norm().item();
            for (EvaluationAverage average : state.averages()) {
                double apart = average.network().weights().minus(weights).norm().item();
                drifts.put(average.config().label(), apart / size);
            }
        }
        return drifts;
    }
}
