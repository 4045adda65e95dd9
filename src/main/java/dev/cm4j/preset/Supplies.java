package dev.cm4j.preset;

import dev.cm4j.loss.Lpips;
import dev.cm4j.loss.Pairs;
import dev.cm4j.model.Denoiser;
import java.util.Optional;

/** What objectives need beyond the numbers of a preset: the teacher and what is read from files. */
public interface Supplies {

    /** For methods that need nothing. */
    Supplies NONE =
            new Supplies() {
                @Override
                public Optional<Denoiser> teacher(Optional<Double> guidance) {
                    return Optional.empty();
                }

                @Override
                public Pairs pairs(PairsConfig config) {
                    throw noTeacher();
                }

                @Override
                public Denoiser ideal() {
                    throw noImages();
                }

                @Override
                public Lpips lpips(PresetDistance.LpipsDistance files) {
                    throw new IllegalArgumentException(
                            "the distance lpips needs a run that opens its files");
                }
            };

    /**
     * The teacher, without dropout.
     *
     * @param guidance weight of classifier-free guidance; empty: none
     * @return empty where the run has no teacher
     * @throws IllegalArgumentException if it cannot be guided
     */
    Optional<Denoiser> teacher(Optional<Double> guidance);

    /**
     * Pairs that the teacher made, made now where they are missing.
     *
     * @throws IllegalArgumentException if the run has no teacher
     */
    Pairs pairs(PairsConfig config);

    /**
     * The denoiser that is exact for the images of the run, {@link dev.cm4j.model.IdealDenoiser};
     * stays the run's.
     *
     * @throws IllegalArgumentException if the run has no images yet, or they do not fit into memory
     */
    Denoiser ideal();

    /**
     * The distance with the weights of two files; stays the run's.
     *
     * @throws IllegalArgumentException if a file is missing
     */
    Lpips lpips(PresetDistance.LpipsDistance files);

    /** What a method says that cannot do without a teacher. */
    static IllegalArgumentException noTeacher() {
        return new IllegalArgumentException(
                "this method learns from a teacher; name one with --teacher, a model file or a run,"
                        + " or train one first with --teacher auto");
    }

    /** What an objective with an ideal denoiser says that is made without the run's images. */
    static IllegalArgumentException noImages() {
        return new IllegalArgumentException(
                "the key ideal needs the images that the run learns from");
    }
}
