package dev.cm4j.data;

import dev.cm4j.image.Picture;
import dev.cm4j.image.Resample;

/**
 * How a picture of any size becomes a small square one. Numbers measured with one rule do not
 * compare with the other's.
 */
public enum ResizeRule {
    /**
     * Halved by means while the shorter side is at least twice the size, then bicubic, then the
     * middle cut out. Source: openai/consistency_models, {@code image_datasets.center_crop_arr}.
     */
    OPENAI {
        @Override
        Picture apply(Picture picture, int size) {
            Picture small = picture;
            while (Math.min(small.width(), small.height()) >= 2 * size) {
                small = Resample.BOX.resize(small, small.height() / 2, small.width() / 2);
            }
            double scale = (double) size / Math.min(small.width(), small.height());
            small =
                    Resample.BICUBIC.resize(
                            small,
                            (int) Math.rint(small.height() * scale), // half to even, as Python
                            (int) Math.rint(small.width() * scale));
            return small.crop((small.height() - size) / 2, (small.width() - size) / 2, size, size);
        }
    },
    /**
     * The middle square cut out, then Lanczos. Source: NVlabs/edm, {@code dataset_tool.py},
     * center-crop.
     */
    EDM {
        @Override
        Picture apply(Picture picture, int size) {
            int side = Math.min(picture.width(), picture.height());
            Picture square =
                    picture.crop(
                            (picture.height() - side) / 2,
                            (picture.width() - side) / 2,
                            side,
                            side);
            return Resample.LANCZOS.resize(square, size, size);
        }
    };

    /** The square picture of a side in pixels. */
    abstract Picture apply(Picture picture, int size);
}
