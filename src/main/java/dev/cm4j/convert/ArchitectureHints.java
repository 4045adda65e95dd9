package dev.cm4j.convert;

import dev.cm4j.nn.UNetConfig;
import java.util.OptionalInt;

/**
 * What the shapes of weights do not say about their network. An empty value is assumed, by name.
 *
 * @param imageSize height and width of the pictures, in pixels
 * @param headChannels channels of an attention head
 * @param heads heads of each attention; not together with {@code headChannels}
 * @param headsUpsample the same in the decoder, where it differs
 * @param patch side of the square of pixels folded into channels
 */
public record ArchitectureHints(
        OptionalInt imageSize,
        OptionalInt headChannels,
        OptionalInt heads,
        OptionalInt headsUpsample,
        OptionalInt patch) {

    /** Everything is assumed. */
    public static final ArchitectureHints NONE =
            new ArchitectureHints(
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty());

    /** Hints about pictures that are not folded. */
    public ArchitectureHints(
            OptionalInt imageSize,
            OptionalInt headChannels,
            OptionalInt heads,
            OptionalInt headsUpsample) {
        this(imageSize, headChannels, heads, headsUpsample, OptionalInt.empty());
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if one is not positive, or heads are given twice
     */
    public ArchitectureHints {
        positive("image size", imageSize);
        positive("head channels", headChannels);
        positive("heads", heads);
        positive("heads of the decoder", headsUpsample);
        positive("patch", patch);
        if (headChannels.isPresent() && (heads.isPresent() || headsUpsample.isPresent())) {
            throw new IllegalArgumentException(
                    "both the channels of a head and the number of heads are given; one of them"
                            + " follows from the other");
        }
        if (headsUpsample.isPresent() && heads.isEmpty()) {
            throw new IllegalArgumentException(
                    "heads of the decoder are given without those of the encoder");
        }
    }

    /**
     * All that shapes do not say about a known network.
     *
     * @param network the network
     */
    public static ArchitectureHints of(UNetConfig network) {
        boolean width = network.headChannels() != -1;
        boolean upsample = !width && network.headsUpsample() != -1;
        return new ArchitectureHints(
                OptionalInt.of(network.imageSize()),
                width ? OptionalInt.of(network.headChannels()) : OptionalInt.empty(),
                width ? OptionalInt.empty() : OptionalInt.of(network.heads()),
                upsample ? OptionalInt.of(network.headsUpsample()) : OptionalInt.empty(),
                network.patch() == 1 ? OptionalInt.empty() : OptionalInt.of(network.patch()));
    }

    /** The same with this size of the pictures. */
    public ArchitectureHints withImageSize(int pixels) {
        return new ArchitectureHints(
                OptionalInt.of(pixels), headChannels, heads, headsUpsample, patch);
    }

    private static void positive(String what, OptionalInt value) {
        if (value.isPresent() && value.getAsInt() <= 0) {
            throw new IllegalArgumentException(what + " " + value.getAsInt() + " is not positive");
        }
    }
}
