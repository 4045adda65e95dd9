package dev.cm4j;

import dev.cm4j.edit.EditLevels;
import dev.cm4j.edit.IterativeEdit;
import dev.cm4j.image.Picture;
import dev.cm4j.sample.PerImageNoise;
import dev.cm4j.sample.Slerp;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Edits that find the noise of pictures, mix it along great circles and decode what they get.
 *
 * @param editor the model and the size of its pictures
 */
record NoiseEdit(Editor editor) {

    /** As {@link Editor#interpolate}. */
    EditedPicture interpolate(Picture from, Picture to, int iterations, EditRequest request) {
        int count = request.count();
        if (count < 2) {
            throw new IllegalArgumentException(
                    "an interpolation has its two ends at least, so a count of "
                            + count
                            + " is too small");
        }
        List<Picture> ends = editor.fitted(List.of(from, to));
        var both = BatchEdit.of(editor, request.withCount(1), ends);
        try (var _ = Scope.open()) {
            EditLevels levels = request.levels().levels(editor.range());
            long[] labels = both.labels(Editor.NOTHING);
            Tensor shared = both.noise(new PerImageNoise(request.seed(), 0, 0), 2);
            Tensor z = both.invert(shared, labels, levels.sigmas().getFirst(), iterations);
            double[] shares = new double[count];
            Arrays.setAll(shares, k -> (double) k / (count - 1));
            long[] frames = new long[labels.length == 0 ? 0 : count];
            Arrays.setAll(frames, k -> labels[2 * k < count ? 0 : 1]);
            Tensor mixed = Slerp.between(repeated(z, 0, count), repeated(z, 1, count), shares);
            return decoded(ends.getFirst(), ends.getLast(), mixed, frames, levels, request);
        }
    }

    /** As {@link Editor#variations}. */
    EditedPicture variations(
            Picture picture, double strength, int iterations, EditRequest request) {
        if (!(strength >= 0 && strength <= 1)) {
            throw new IllegalArgumentException(
                    "the strength of a variation is 0 to 1, not " + strength);
        }
        int count = request.count();
        List<Picture> one = editor.fitted(List.of(picture));
        var alone = BatchEdit.of(editor, request.withCount(1), one);
        try (var _ = Scope.open()) {
            EditLevels levels = request.levels().levels(editor.range());
            long[] label = alone.labels(Editor.NOTHING);
            Tensor start = alone.noise(new PerImageNoise(request.seed(), 0), 1);
            Tensor z = alone.invert(start, label, levels.sigmas().getFirst(), iterations);
            // Picture 0 is the model's own, the others are numbered from 1.
            Tensor fresh =
                    alone.noise(PerImageNoise.range(request.seed(), 0, count + 1), count + 1);
            double[] shares = new double[count + 1];
            Arrays.fill(shares, strength);
            shares[0] = 0;
            long[] labels = new long[label.length == 0 ? 0 : count + 1];
            Arrays.setAll(labels, _ -> label[0]);
            Tensor mixed = Slerp.between(repeated(z, 0, count + 1), fresh, shares);
            EditedPicture all =
                    decoded(one.getFirst(), one.getFirst(), mixed, labels, levels, request);
            List<Picture> others = all.small().subList(1, count + 1);
            return new EditedPicture(
                    all.before(), all.small().getFirst(), others, others, all.label(), all.sigma());
        }
    }

    private EditedPicture decoded(
            Picture before,
            Picture given,
            Tensor z,
            long[] labels,
            EditLevels levels,
            EditRequest request) {
        int count = (int) z.size(0);
        List<Picture> pictures = new ArrayList<>();
        for (int first = 0; first < count; first += request.batch()) {
            int rows = Math.min(request.batch(), count - first);
            try (var _ = Scope.open()) {
                Tensor start = z.narrow(0, first, rows).times(levels.sigmas().getFirst());
                Tensor images =
                        new IterativeEdit(editor.model(), levels, Editor.NOTHING)
                                .editFrom(
                                        start,
                                        start,
                                        BatchEdit.tensor(
                                                labels.length == 0
                                                        ? labels
                                                        : Arrays.copyOfRange(
                                                                labels, first, first + rows)),
                                        PerImageNoise.range(
                                                request.seed(), BatchEdit.FAR + first, rows));
                pictures.addAll(BatchEdit.pictures(images));
            }
        }
        OptionalLong label = labels.length == 0 ? OptionalLong.empty() : OptionalLong.of(labels[0]);
        return new EditedPicture(before, given, pictures, pictures, label, OptionalDouble.empty());
    }

    private static Tensor repeated(Tensor z, int row, int count) {
        long[] shape = z.shape();
        shape[0] = count;
        return z.narrow(0, row, 1).expand(shape);
    }
}
