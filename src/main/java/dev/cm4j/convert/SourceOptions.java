package dev.cm4j.convert;

import dev.cm4j.nn.QkvOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a person knows about a checkpoint that the file does not say. Anything may be left out.
 *
 * @param key container inside a PyTorch file, or the weights of a run such as {@code ema-0.9999}
 * @param from whose layout the weights have, where it is not OpenAI's or diffusers'
 * @param qkvOrder order of the rows of q, k and v; empty: what the layout has
 * @param hints heads and picture size
 * @param variant weights of a diffusers folder, such as {@code fp16}
 * @param consistency whether it is a consistency model, and not a teacher
 * @param trainTimesteps points of the training grid, diffusers' {@code num_train_timesteps}
 */
public record SourceOptions(
        Optional<String> key,
        Optional<WeightLayout> from,
        Optional<QkvOrder> qkvOrder,
        ArchitectureHints hints,
        Optional<String> variant,
        Optional<Boolean> consistency,
        OptionalInt trainTimesteps) {

    /** Nothing but the file. */
    public static final SourceOptions NONE =
            new SourceOptions(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    ArchitectureHints.NONE,
                    Optional.empty(),
                    Optional.empty(),
                    OptionalInt.empty());

    /**
     * Checks the number of points.
     *
     * @throws IllegalArgumentException if it is below 2
     */
    public SourceOptions {
        if (trainTimesteps.isPresent() && trainTimesteps.getAsInt() < 2) {
            throw new IllegalArgumentException(
                    "a training grid has at least 2 points, not " + trainTimesteps.getAsInt());
        }
    }

    /**
     * Refuses what says nothing about a checkpoint, for it says itself what it is.
     *
     * @param source the checkpoint, opened with these
     * @throws IllegalArgumentException naming the option
     */
    public void requireUseful(CheckpointSource source) {
        Path path = source.path();
        if (variant.isPresent() && Files.isRegularFile(path)) {
            throw new IllegalArgumentException(
                    "%s is one set of weights; a variant '%s' is chosen from a folder of them"
                            .formatted(path, variant.get()));
        }
        if (!source.describesItself()) {
            return;
        }
        refuse(path, "--key", key.isPresent() && (Files.isRegularFile(path) || !source.isOurs()));
        refuse(path, "--qkv-order", qkvOrder.isPresent());
        refuse(path, "--image-size", hints.imageSize().isPresent());
        refuse(path, "--head-channels", hints.headChannels().isPresent());
        refuse(path, "--heads", hints.heads().isPresent());
        refuse(path, "--patch", hints.patch().isPresent());
        refuse(path, "--scalings", consistency.isPresent());
        refuse(path, "--train-timesteps", trainTimesteps.isPresent());
    }

    private static void refuse(Path path, String option, boolean given) {
        if (given) {
            throw new IllegalArgumentException(
                    path + " says itself what it is, so " + option + " has no effect on it");
        }
    }

    /** The same with this container. */
    public SourceOptions withKey(String name) {
        return new SourceOptions(
                Optional.of(name), from, qkvOrder, hints, variant, consistency, trainTimesteps);
    }

    /** The same with weights in this layout. */
    public SourceOptions withFrom(WeightLayout layout) {
        return new SourceOptions(
                key, Optional.of(layout), qkvOrder, hints, variant, consistency, trainTimesteps);
    }

    /** The same with rows in this order. */
    public SourceOptions withQkvOrder(QkvOrder order) {
        return new SourceOptions(
                key, from, Optional.of(order), hints, variant, consistency, trainTimesteps);
    }

    /** The same with these heads and this picture size. */
    public SourceOptions withHints(ArchitectureHints known) {
        return new SourceOptions(key, from, qkvOrder, known, variant, consistency, trainTimesteps);
    }

    /** The same with this variant of a diffusers folder. */
    public SourceOptions withVariant(String name) {
        return new SourceOptions(
                key, from, qkvOrder, hints, Optional.of(name), consistency, trainTimesteps);
    }
}
