package dev.cm4j;

import dev.cm4j.edit.Knowledge;
import dev.cm4j.edit.KnownPixels;
import dev.cm4j.edit.Mask;
import dev.cm4j.edit.PictureFit;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Resample;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * A picture with a hole, in its own size and in the model's. Where they differ the small picture is
 * averaged over pixels, so nothing of what lies in the hole reaches a pixel that counts as known.
 *
 * @param whole the part of the picture that is used, in its own size
 * @param hole what to make, in the same size
 * @param small the picture in the model's size
 * @param smallHole what to make in the model's size
 */
record HoleEdit(Picture whole, Mask hole, Picture small, Mask smallHole) {

    private static final int SHOWN_HOLE = 128;

    static HoleEdit of(PictureFit fit, Picture picture, Mask mask) {
        if (mask.height() != picture.height() || mask.width() != picture.width()) {
            throw new IllegalArgumentException(
                    "the mask has %dx%d pixels, but the picture has %dx%d; they must be of one size"
                            .formatted(
                                    mask.width(),
                                    mask.height(),
                                    picture.width(),
                                    picture.height()));
        }
        Mask hole = fit.cut(mask);
        if (hole.count() == 0) {
            throw new IllegalArgumentException(
                    mask.count() == 0
                            ? "the mask leaves nothing to make; transparent or white pixels are"
                                    + " made"
                            : "the mask leaves nothing to make, for what it marks is cut away: of %dx%d pixels the %dx%d in the middle are used"
                                    .formatted(
                                            picture.width(),
                                            picture.height(),
                                            hole.width(),
                                            hole.height()));
        }
        return new HoleEdit(
                fit.cut(picture),
                hole,
                fit.apply(picture, Resample.BOX),
                hole.resize(fit.height(), fit.width()));
    }

    /** What is known of several pictures of one size. */
    static Knowledge knowledge(List<HoleEdit> rows) {
        Mask first = rows.getFirst().smallHole;
        int plane = first.paint().length;
        float[] known = new float[rows.size() * plane];
        for (int i = 0; i < known.length; i++) {
            known[i] = rows.get(i / plane).smallHole.paint()[i % plane] ? 0 : 1;
        }
        return new KnownPixels(Tensor.of(known, rows.size(), 1, first.height(), first.width()));
    }

    /** Puts the known pixels back as bytes: no rounding on the way can have changed them. */
    EditedPicture finish(EditedPicture edited) {
        return new EditedPicture(
                edited.before(),
                joined(small, smallHole, grey(small)),
                edited.small().stream().map(made -> joined(small, smallHole, made)).toList(),
                edited.small().stream()
                        .map(made -> Resample.LANCZOS.resize(made, whole.height(), whole.width()))
                        .map(made -> joined(whole, hole, made))
                        .toList(),
                edited.label(),
                edited.sigma());
    }

    /** What stands for the hole where it is shown. */
    private static Picture grey(Picture like) {
        byte[] bytes = new byte[like.bytes().length];
        Arrays.fill(bytes, (byte) SHOWN_HOLE);
        return new Picture(like.channels(), like.height(), like.width(), bytes);
    }

    private static Picture joined(Picture known, Mask hole, Picture made) {
        byte[] bytes = known.bytes().clone();
        int plane = hole.paint().length;
        for (int i = 0; i < bytes.length; i++) {
            if (hole.paint()[i % plane]) {
                bytes[i] = made.bytes()[i];
            }
        }
        return new Picture(known.channels(), known.height(), known.width(), bytes);
    }
}
