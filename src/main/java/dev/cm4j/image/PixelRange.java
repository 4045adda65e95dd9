package dev.cm4j.image;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;

/**
 * Rules by which a value x of [−1, 1] becomes a byte. They differ by at most one level; files are
 * comparable where the rule is the same.
 */
public enum PixelRange {
    /** trunc(clamp(127.5 (x + 1), 0, 255)), of openai/consistency_models; the usual one. */
    OPENAI,
    /** trunc(clamp(127.5 x + 128, 0, 255)), of NVlabs/edm. */
    EDM,
    /** round(255 clamp(x / 2 + ½, 0, 1)), halves to even, of huggingface/diffusers. */
    DIFFUSERS,
    /** floor(255 clamp(x / 2 + ½, 0, 1) + ½). */
    HALF_UP;

    /**
     * Bytes of images.
     *
     * @param images float32 of any shape, nominally in [−1, 1]; values beyond are cut
     * @return u8 of the same shape, owned by the innermost open scope
     */
    public Tensor toBytes(Tensor images) {
        Scope outer = Scope.current();
        try (var _ = Scope.open()) {
            Tensor scaled =
                    switch (this) {
                        case OPENAI -> images.plus(1).times(127.5).clamp(0, 255);
                        case EDM -> images.times(127.5).plus(128).clamp(0, 255);
                        case DIFFUSERS -> unit(images).times(255).round();
                        case HALF_UP -> unit(images).times(255).plus(.5).floor();
                    };
            return scaled.to(DType.U8).escapeTo(outer);
        }
    }

    /**
     * The byte of one value, as {@link #toBytes} has it.
     *
     * @param x nominally in [−1, 1]
     * @return 0 to 255
     */
    public int toByte(float x) {
        float unit = Math.clamp(x / 2 + .5f, 0f, 1f);
        return switch (this) {
            case OPENAI -> (int) Math.clamp((x + 1) * 127.5f, 0f, 255f);
            case EDM -> (int) Math.clamp(x * 127.5f + 128, 0f, 255f);
            case DIFFUSERS -> (int) Math.rint(unit * 255);
            case HALF_UP -> (int) Math.floor(unit * 255 + .5f);
        };
    }

    private static Tensor unit(Tensor images) {
        return images.dividedBy(2).plus(.5).clamp(0, 1);
    }
}
