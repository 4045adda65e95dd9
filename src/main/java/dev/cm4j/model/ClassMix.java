package dev.cm4j.model;

import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.UNet;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A model between its classes: label m stands for a weighted sum of the class embeddings.
 *
 * <pre>
 *   emb(m) = Σ_k a_mk Embedding(k)
 * </pre>
 *
 * <p>Owns a copy of the network whose table of classes has these rows.
 *
 * <p>Source: classes of Song et al. 2023 are added as embeddings, so sums of them are too.
 */
public final class ClassMix implements Denoiser, AutoCloseable {

    private static final String TABLE = "label_emb.weight";
    private static final String SONG_TABLE = "map_label.weight"; // a column for each class
    private static final double ROUNDING = 1e-6;

    private final UNet net;
    private final ConsistencyModel model;

    private ClassMix(UNet net, ConsistencyModel model) {
        this.net = net;
        this.model = model;
    }

    /**
     * Mixes classes.
     *
     * @param model a model with classes, copied
     * @param weights a_mk [mixtures][rows of the table]
     * @return a model with one label for each mixture, the caller's to close
     * @throws IllegalArgumentException if the model has no classes or a row has another length; in
     *     DDPM++ and NCSN++, whose classes share a bias, also if its sum is not 1
     */
    public static ClassMix of(ConsistencyModel model, double[][] weights) {
        var source = model.net();
        int classes = source.config().classes();
        requireClasses(classes);
        if (source.config().kind() == NetworkKind.EDM2) {
            throw new IllegalArgumentException(
                    "classes of a network of kind edm2 cannot be mixed: its embedding of a class"
                            + " is normalised over all of them");
        }
        for (double[] row : weights) {
            if (row.length != classes) {
                throw new IllegalArgumentException(
                        "a mixture of %d classes has %d weights".formatted(classes, row.length));
            }
            double sum = Arrays.stream(row).sum();
            if (source.config().kind().isSong() && Math.abs(sum - 1) > ROUNDING) {
                throw new IllegalArgumentException(
                        "weights of a mixture sum to %s, and not to 1 as a network of kind %s wants"
                                .formatted(sum, source.config().kind().key()));
            }
        }
        try (var _ = Scope.open()) {
            Map<String, Tensor> parameters = new LinkedHashMap<>(source.parameters());
            parameters.replaceAll((_, weight) -> weight.to(Device.CPU));
            parameters.computeIfPresent(TABLE, (_, table) -> table(weights).matmul(table));
            // One-hot vectors there have the length √n.
            double length = Math.sqrt((double) classes / weights.length);
            parameters.computeIfPresent(
                    SONG_TABLE,
                    (_, table) -> table.matmul(table(weights).permute(1, 0)).times(length));
            var net = UNet.zeroed(source.config().withClasses(weights.length));
            try {
                net.load(parameters);
                net.to(source.device());
                net.precision(source.precision());
                return new ClassMix(net, new ConsistencyModel(net, model.scalings(), model.time()));
            } catch (RuntimeException | Error e) {
                net.close();
                throw e;
            }
        }
    }

    /**
     * Mixtures on the way from one class to another.
     *
     * @param model a model with classes, copied
     * @param from class where the share is 0
     * @param to class where the share is 1
     * @param shares of each mixture
     * @return label m is the mixture of share m
     */
    public static ClassMix between(ConsistencyModel model, int from, int to, double... shares) {
        int classes = model.net().config().classes();
        var weights = new double[shares.length][classes];
        for (int m = 0; m < shares.length; m++) {
            weights[m][from] += 1 - shares[m];
            weights[m][to] += shares[m];
        }
        return of(model, weights);
    }

    /**
     * Guidance in the space of embeddings, at the price of one evaluation: each class moves away
     * from the embedding of no class.
     *
     * <pre>
     *   emb(k) = e_0 + w (Embedding(k) − e_0)      e_0: the null class, else the mean of all classes
     * </pre>
     *
     * @param model a model with classes, copied
     * @param nullClass the class that stands for none, if there is one
     * @param weight w, finite
     * @return a model with the same labels
     */
    public static ClassMix guided(ConsistencyModel model, OptionalInt nullClass, double weight) {
        Guidance.requireWeight(weight);
        int classes = model.net().config().classes();
        requireClasses(classes);
        var weights = new double[classes][classes];
        for (int k = 0; k < classes; k++) {
            if (nullClass.isPresent()) {
                weights[k][nullClass.getAsInt()] = 1 - weight;
            } else {
                Arrays.fill(weights[k], (1 - weight) / classes);
            }
            weights[k][k] += weight;
        }
        return of(model, weights);
    }

    @Override
    public Device device() {
        return model.device();
    }

    @Override
    public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels) {
        return model.denoise(x, sigma, labels);
    }

    /** Frees the copy of the network. */
    @Override
    public void close() {
        net.close();
    }

    private static void requireClasses(int classes) {
        if (classes == 0) {
            throw new IllegalArgumentException("this model knows no classes, so none can be mixed");
        }
    }

    private static Tensor table(double[][] weights) {
        var values = new float[weights.length * weights[0].length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) weights[i / weights[0].length][i % weights[0].length];
        }
        return Tensor.of(values, weights.length, weights[0].length);
    }
}
