package dev.cm4j;

import dev.cm4j.image.Picture;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What became of a picture.
 *
 * @param before the picture in the model's size
 * @param given what of it the model was told, in the model's size; a hole is shown grey
 * @param small the results in the model's size, at least one
 * @param results the results as they are handed out: those of an inpainting in the size of the
 *     picture, others in the model's
 * @param label the class it was taken for, empty where the model knows none
 * @param sigma noise that was removed, empty where that was not the task
 */
public record EditedPicture(
        Picture before,
        Picture given,
        List<Picture> small,
        List<Picture> results,
        OptionalLong label,
        OptionalDouble sigma) {

    public EditedPicture {
        small = List.copyOf(small);
        results = List.copyOf(results);
    }
}
