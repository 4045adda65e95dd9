package dev.cm4j.train;

import dev.cm4j.nn.UNet;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Says where a step lost its finite numbers, in the order in which they spread: weights, images,
 * outputs of modules, loss, gradients.
 *
 * <p>A backward pass goes from the last module to the first, and what is not finite stays so on the
 * way; therefore the last module whose gradient is not finite is where it began.
 */
final class NonFiniteSearch {

    private NonFiniteSearch() {}

    /**
     * What is wrong before a step is taken.
     *
     * @param state its networks
     * @param images of the batch
     */
    static Optional<String> before(TrainState state, Tensor images) {
        Optional<String> weights =
                firstWeight("", state.online())
                        .or(() -> state.target().flatMap(net -> firstWeight("target's ", net)));
        return weights.or(
                () -> finite(images) ? Optional.empty() : Optional.of("the images of the batch"));
    }

    private static Optional<String> firstWeight(String whose, UNet net) {
        try (Scope _ = Scope.open()) {
            if (finite(net.weights())) {
                return Optional.empty();
            }
            return net.parameters().entrySet().stream()
                    .filter(named -> !finite(named.getValue()))
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .map(name -> "the " + whose + "weight " + name);
        }
    }

    /**
     * What goes wrong in a forward and a backward pass, which take the plain path.
     *
     * @param state its networks
     * @param pass leaves its gradients in the online network; gives the losses of the samples
     */
    static String during(TrainState state, Supplier<NoiseLosses> pass) {
        List<UNet> watched = new ArrayList<>(List.of(state.online()));
        state.target().ifPresent(watched::add);
        watched.forEach(net -> net.watch(true));
        try {
            String after = after(state.online(), pass.get());
            return state.online()
                    .fault()
                    .or(() ->
                            state.target().flatMap(UNet::fault).map(module -> "target's " + module))
                    .map(module -> "the output of " + module + ", then " + after)
                    .orElse(after);
        } finally {
            watched.forEach(net -> net.watch(false));
        }
    }

    private static String after(UNet net, NoiseLosses losses) {
        List<String> names = gradients(net);
        if (names.isEmpty() && losses.firstNonFinite().isEmpty()) {
            return "nothing that the plain path meets, too";
        }
        String where = names.isEmpty() ? "no gradient" : gradient(names, net.parameterNames());
        return losses.firstNonFinite()
                .map(sigma ->
                        String.format(
                                Locale.ROOT,
                                "the loss of a sample at noise level %.4g, and %s",
                                sigma,
                                where))
                .orElse(where);
    }

    private static String gradient(List<String> names, List<String> all) {
        String last = names.getLast();
        TreeSet<String> modules = new TreeSet<>();
        names.forEach(name -> modules.add(module(name)));
        return "the gradient of %s (module %s; %d of %d parameters in %d modules)"
                .formatted(last, module(last), names.size(), all.size(), modules.size());
    }

    /** The parameters whose gradients are not finite, in the order of the forward pass. */
    private static List<String> gradients(UNet net) {
        List<String> found = new ArrayList<>();
        try (Scope _ = Scope.open()) {
            for (String name : net.parameterNames()) {
                if (!finite(net.gradient(name))) {
                    found.add(name);
                }
            }
        }
        return found;
    }

    /** {@code input_blocks.3.0} of {@code input_blocks.3.0.in_layers.2.weight}. */
    private static String module(String parameter) {
        String[] words = parameter.split("\\.");
        int most = words[0].endsWith("_blocks") ? 3 : 2;
        return String.join(".", List.of(words).subList(0, Math.min(most, words.length - 1)));
    }

    /** Whether all elements are: one that is not makes the largest so. */
    private static boolean finite(Tensor values) {
        return Double.isFinite(values.abs().max().item());
    }
}
