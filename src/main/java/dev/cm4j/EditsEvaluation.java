package dev.cm4j;

import dev.cm4j.data.Dataset;
import dev.cm4j.data.MnistIdx;
import dev.cm4j.data.Split;
import dev.cm4j.edit.LevelChoice;
import dev.cm4j.edit.Mask;
import dev.cm4j.image.Grid;
import dev.cm4j.image.Picture;
import dev.cm4j.metric.LenetClassifier;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Whether edited digits are still read as what they were: MNIST test digits are damaged, mended by
 * a model, and read by a classifier.
 *
 * <p>Owns nothing native; use it on one thread.
 */
public final class EditsEvaluation {

    private static final double SIGMA = 0.5;

    /** A damage, and the edit that mends it. */
    public enum Task {
        /** The middle 12×12 pixels are unknown. */
        INPAINT_MIDDLE("inpaint the middle 12x12"),
        /** The lower half is unknown. */
        INPAINT_LOWER("inpaint the lower half"),
        /** Patches of 2×2 pixels have only their mean. */
        UPSCALE_2("super-resolution by 2"),
        /** Patches of 4×4 pixels have only their mean. */
        UPSCALE_4("super-resolution by 4"),
        /** Noise of σ = ½ was added, and the sum cut off at black and white. */
        DENOISE("denoise, sigma 0.5"),
        /** As before, and σ is estimated. */
        DENOISE_ESTIMATED("denoise, sigma estimated");

        private final String words;

        Task(String words) {
            this.words = words;
        }

        /** The task in words. */
        public String words() {
            return words;
        }
    }

    /**
     * How well digits were mended.
     *
     * @param damaged share of the damaged digits that are read as their label
     * @param edited share of the edited digits that are read as their label
     * @param agreement share of the edited digits that are read as the original is
     */
    public record Score(double damaged, double edited, double agreement) {}

    private final LenetClassifier classifier;
    private final List<Picture> digits;
    private final long[] labels;
    private final int[] read;

    private EditsEvaluation(LenetClassifier classifier, List<Picture> digits, long[] labels) {
        this.classifier = classifier;
        this.digits = digits;
        this.labels = labels;
        this.read = read(digits);
    }

    /**
     * Takes digits that are spread evenly over the test set.
     *
     * @param mnist folder with the MNIST files
     * @param weights the LeNet-5 state dict
     * @param count number of digits
     * @return the evaluation
     * @throws IllegalArgumentException if there are not as many digits
     */
    public static EditsEvaluation open(Path mnist, Path weights, int count) {
        LenetClassifier classifier = LenetClassifier.open(weights);
        try (Dataset test = MnistIdx.open(mnist, Split.TEST);
                var _ = Scope.open()) {
            if (count < 1 || count > test.size()) {
                throw new IllegalArgumentException(
                        "cannot edit %d of %d test digits; 1 is the least"
                                .formatted(count, test.size()));
            }
            int[] rows = new int[count];
            long[] labels = new long[count];
            for (int i = 0; i < count; i++) {
                rows[i] = (int) ((long) i * test.size() / count);
                labels[i] = test.label(rows[i]);
            }
            return new EditsEvaluation(classifier, Grid.pictures(test.pixels(rows)), labels);
        }
    }

    /** Share of the originals that are read as their label. */
    public double originals() {
        return share(read, labels);
    }

    /**
     * Damages and mends all digits.
     *
     * @param editor whose model makes grey digits of 28×28 pixels, or evenly padded ones
     * @param task what is done
     * @param levels noise levels of inpainting and super-resolution
     * @param seed of the noise
     * @param batch digits at a time
     * @param told whether a model with classes is told the label; otherwise it guesses
     * @return the score
     * @throws IllegalArgumentException if the model's pictures are no such digits
     */
    public Score score(
            Editor editor, Task task, LevelChoice levels, long seed, int batch, boolean told) {
        int side = editor.fit().height();
        int margin = (side - LenetClassifier.SIDE) / 2;
        if (editor.fit().channels() != 1
                || side != editor.fit().width()
                || margin < 0
                || side % 2 != 0) {
            throw new IllegalArgumentException(
                    "edits are judged on grey digits of 28x28 pixels; the model's pictures are %s"
                            .formatted(editor.fit()));
        }
        List<EditedPicture> edited = new ArrayList<>();
        var request = new EditRequest(levels, OptionalLong.empty(), seed, 1, batch);
        List<Picture> padded = digits.stream().map(digit -> padded(digit, margin)).toList();
        for (long label = 0; label < LenetClassifier.CLASSES; label++) {
            // Told the label, digits go class by class; else all at once.
            List<Picture> own = told ? of(padded, label) : padded;
            if (!own.isEmpty() && (told || label == 0)) {
                EditRequest asked =
                        told && editor.classes() > 0 ? request.withLabel(label) : request;
                edited.addAll(edit(editor, task, own, asked, label));
            }
        }
        long[] wanted = told ? sorted() : labels;
        int[] mended = read(edited.stream().map(one -> one.small().getFirst()).toList());
        return new Score(
                share(read(edited.stream().map(EditedPicture::given).toList()), wanted),
                share(mended, wanted),
                share(mended, before(told)));
    }

    private List<EditedPicture> edit(
            Editor editor, Task task, List<Picture> own, EditRequest request, long stream) {
        int side = editor.fit().height();
        int middle = side / 2;
        return switch (task) {
            case INPAINT_MIDDLE ->
                    inpaint(
                            editor,
                            own,
                            Mask.rectangle(side, side, middle - 6, middle - 6, 12, 12),
                            request);
            case INPAINT_LOWER ->
                    inpaint(
                            editor,
                            own,
                            Mask.rectangle(side, side, 0, middle, side, middle),
                            request);
            case UPSCALE_2 -> editor.upscale(own, 2, request);
            case UPSCALE_4 -> editor.upscale(own, 4, request);
            case DENOISE ->
                    editor.denoise(
                            editor.noisy(own, SIGMA, request.seed() + stream),
                            OptionalDouble.of(SIGMA),
                            request);
            case DENOISE_ESTIMATED ->
                    editor.denoise(
                            editor.noisy(own, SIGMA, request.seed() + stream),
                            OptionalDouble.empty(),
                            request);
        };
    }

    private static List<EditedPicture> inpaint(
            Editor editor, List<Picture> own, Mask hole, EditRequest request) {
        return editor.inpaint(own, Collections.nCopies(own.size(), hole), request);
    }

    private static Picture padded(Picture digit, int margin) {
        int side = digit.width() + 2 * margin;
        byte[] bytes = new byte[side * side];
        for (int y = 0; y < digit.height(); y++) {
            System.arraycopy(
                    digit.bytes(),
                    y * digit.width(),
                    bytes,
                    (y + margin) * side + margin,
                    digit.width());
        }
        return new Picture(1, side, side, bytes);
    }

    private List<Picture> of(List<Picture> pictures, long label) {
        List<Picture> own = new ArrayList<>();
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] == label) {
                own.add(pictures.get(i));
            }
        }
        return own;
    }

    private long[] sorted() {
        return Arrays.stream(labels).sorted().toArray();
    }

    /** What the originals are read as, in the order of the edited digits. */
    private long[] before(boolean told) {
        List<Long> all = new ArrayList<>();
        for (long label = 0; label < LenetClassifier.CLASSES; label++) {
            for (int i = 0; i < labels.length; i++) {
                if (told ? labels[i] == label : label == 0) {
                    all.add((long) read[i]);
                }
            }
        }
        return all.stream().mapToLong(Long::longValue).toArray();
    }

    private int[] read(List<Picture> pictures) {
        try (var _ = Scope.open()) {
            Picture first = pictures.getFirst();
            byte[] bytes = new byte[pictures.size() * first.bytes().length];
            for (int i = 0; i < pictures.size(); i++) {
                System.arraycopy(
                        pictures.get(i).bytes(),
                        0,
                        bytes,
                        i * first.bytes().length,
                        first.bytes().length);
            }
            var reading =
                    classifier.read(
                            Tensor.of(bytes, pictures.size(), 1, first.height(), first.width()));
            int[] digits = new int[pictures.size()];
            Arrays.setAll(digits, reading::best);
            return digits;
        }
    }

    private static double share(int[] read, long[] wanted) {
        int right = 0;
        for (int i = 0; i < read.length; i++) {
            right += read[i] == wanted[i] ? 1 : 0;
        }
        return (double) right / read.length;
    }
}
