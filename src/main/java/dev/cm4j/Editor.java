package dev.cm4j;

import dev.cm4j.edit.ClassGuess;
import dev.cm4j.edit.EditLevels;
import dev.cm4j.edit.Knowledge;
import dev.cm4j.edit.KnownGrey;
import dev.cm4j.edit.KnownMeans;
import dev.cm4j.edit.Mask;
import dev.cm4j.edit.NoiseEstimate;
import dev.cm4j.edit.NothingKnown;
import dev.cm4j.edit.PictureFit;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Resample;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.MainMemoryModel;
import dev.cm4j.sample.PerImageNoise;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * Edits pictures with a model that somebody else owns.
 *
 * <pre>
 *   try (var model = Cm4j.open(Path.of("models/digits.safetensors"))) {
 *       Mask hole = Mask.rectangle(28, 28, 0, 14, 28, 14);
 *       model.editor().inpaint(List.of(seven), List.of(hole), EditRequest.standard());
 *   }
 * </pre>
 *
 * Pictures of any size are taken: see {@link PictureFit}. Any number of threads may ask at once,
 * virtual ones too: each edit is one turn with the model, as each request of a generator is.
 *
 * @param model a consistency function for pictures in main memory, borrowed
 * @param fit channels and size of its pictures
 * @param classes number of classes it knows, 0 for none
 * @param range noise levels it lives on
 * @param done hears how many results, or steps of an inversion, are finished
 * @param turns who else works with the model
 */
public record Editor(
        Denoiser model,
        PictureFit fit,
        int classes,
        NoiseRange range,
        IntConsumer done,
        Turns turns) {

    /** What is known of pictures that are made whole. */
    static final Knowledge NOTHING = new NothingKnown();

    /** An editor with a model that nothing else uses meanwhile. */
    public Editor(Denoiser model, PictureFit fit, int classes, NoiseRange range, IntConsumer done) {
        this(model, fit, classes, range, done, Turns.apart());
    }

    /**
     * An editor with the model of a generator, by the same turns.
     *
     * @param generator a model and the shape of its pictures
     * @return the editor, which hears nothing
     */
    public static Editor of(Generator generator) {
        return new Editor(
                TurnQueue.onPlatformThread(() -> MainMemoryModel.of(generator.model())),
                new PictureFit(generator.channels(), generator.height(), generator.width()),
                generator.classes(),
                generator.range(),
                _ -> {},
                generator.turns());
    }

    /**
     * The same editor with a listener.
     *
     * @param heard hears how many results, or steps of an inversion, are finished
     * @return a new editor
     */
    public Editor heardBy(IntConsumer heard) {
        return new Editor(model, fit, classes, range, heard, turns);
    }

    /**
     * Makes a part of each picture anew. The rest comes back byte for byte, in the picture's own
     * size; where that is not the model's, what was made is resized, and the part handed out is the
     * one {@link PictureFit#cut} keeps.
     *
     * @param pictures at least one, of any size
     * @param masks what to make of each, in its size
     * @param request how
     * @return what became of each
     * @throws IllegalArgumentException if a mask has another size or paints nothing
     */
    public List<EditedPicture> inpaint(
            List<Picture> pictures, List<Mask> masks, EditRequest request) {
        return turn(() -> inpainted(pictures, masks, request));
    }

    private List<EditedPicture> inpainted(
            List<Picture> pictures, List<Mask> masks, EditRequest request) {
        if (masks.size() != pictures.size()) {
            throw new IllegalArgumentException(
                    "%d masks for %d pictures".formatted(masks.size(), pictures.size()));
        }
        List<Picture> small = new ArrayList<>();
        List<HoleEdit> holes = new ArrayList<>();
        for (int i = 0; i < pictures.size(); i++) {
            var hole = HoleEdit.of(fit, pictures.get(i), masks.get(i));
            small.add(hole.small());
            holes.add(hole);
        }
        List<EditedPicture> edited =
                BatchEdit.of(this, request, small)
                        .iterate(
                                rows -> HoleEdit.knowledge(rows.stream().map(holes::get).toList()));
        for (int i = 0; i < edited.size(); i++) {
            edited.set(i, holes.get(i).finish(edited.get(i)));
        }
        return edited;
    }

    /**
     * Gives grey pictures colours; the lightness of each pixel is kept.
     *
     * @param pictures at least one, of any size
     * @param request how
     * @return what became of each
     * @throws IllegalArgumentException if the model makes grey pictures
     */
    public List<EditedPicture> colourise(List<Picture> pictures, EditRequest request) {
        if (fit.channels() == 1) {
            throw new IllegalArgumentException(
                    "this model makes grey pictures; one of colour pictures can colourise");
        }
        List<Picture> grey = pictures.stream().map(Picture::grey).toList();
        return turn(() -> {
            var known = new KnownGrey();
            return BatchEdit.of(this, request, fitted(grey)).iterate(_ -> known);
        });
    }

    /**
     * Enlarges pictures to the size of the model's; the mean of each patch is kept. A picture that
     * is not 1/factor of that size is brought to it first, so one of the model's size is taken for
     * its means.
     *
     * @param pictures at least one
     * @param factor how many times, at least 2; divides the model's height and width
     * @param request how
     * @return what became of each
     * @throws IllegalArgumentException if the factor does not divide the model's size
     */
    public List<EditedPicture> upscale(List<Picture> pictures, int factor, EditRequest request) {
        PictureFit low = lowFit(factor);
        var means = new KnownMeans(factor);
        List<Picture> known =
                pictures.stream()
                        .map(picture -> low.apply(picture, Resample.BOX).enlarge(factor))
                        .toList();
        List<EditedPicture> edited =
                turn(() -> BatchEdit.of(this, request, known).iterate(_ -> means));
        List<Picture> before = fitted(pictures);
        for (int i = 0; i < edited.size(); i++) {
            EditedPicture one = edited.get(i);
            boolean larger = pictures.get(i).height() > low.height();
            if (larger) {
                edited.set(
                        i,
                        new EditedPicture(
                                before.get(i),
                                one.given(),
                                one.small(),
                                one.results(),
                                one.label(),
                                one.sigma()));
            }
        }
        return edited;
    }

    /**
     * The size of the pictures that {@link #upscale} enlarges.
     *
     * @param factor how many times, at least 2; divides the model's height and width
     * @return the model's channels at 1/factor of its size
     * @throws IllegalArgumentException if the factor does not divide the model's size
     */
    public PictureFit lowFit(int factor) {
        if (factor < 2 || fit.height() % factor != 0 || fit.width() % factor != 0) {
            throw new IllegalArgumentException(
                    "pictures of %2$dx%3$d pixels, as this model makes, are not %1$d times as large as others"
                            .formatted(factor, fit.width(), fit.height()));
        }
        return new PictureFit(fit.channels(), fit.height() / factor, fit.width() / factor);
    }

    /**
     * Removes noise in one evaluation: f(x, σ).
     *
     * @param pictures at least one, of any size; noise is not resized with them, so better the
     *     model's
     * @param sigma how noisy they are, in units of the [−1, 1] image range, where 1 is 127.5
     *     levels; empty: estimated from each, see {@link NoiseEstimate}
     * @param request how; noise levels, seed and count do not matter
     * @return what became of each, with its σ
     * @throws IllegalArgumentException if sigma is outside the model's range
     */
    public List<EditedPicture> denoise(
            List<Picture> pictures, OptionalDouble sigma, EditRequest request) {
        sigma.ifPresent(given -> EditLevels.of(List.of(given), range));
        List<Picture> small = fitted(pictures);
        double[] sigmas =
                small.stream()
                        .mapToDouble(picture ->
                                sigma.orElseGet(() -> range.clip(NoiseEstimate.of(picture))))
                        .toArray();
        return turn(() -> BatchEdit.of(this, request.withCount(1), small).denoise(sigmas));
    }

    /**
     * Adds noise to pictures, cut off at black and white, to try {@link #denoise} on.
     *
     * @param pictures at least one, of any size
     * @param sigma the noise, in units of the [−1, 1] image range, not negative
     * @param seed chooses it; that of picture i depends on the seed and i alone
     * @return pictures of the model's size
     * @throws IllegalArgumentException if sigma is negative
     */
    public List<Picture> noisy(List<Picture> pictures, double sigma, long seed) {
        if (!(sigma >= 0)) {
            throw new IllegalArgumentException("noise is not negative, but sigma is " + sigma);
        }
        return TurnQueue.onPlatformThread(() -> noised(pictures, sigma, seed));
    }

    private List<Picture> noised(List<Picture> pictures, double sigma, long seed) {
        List<Picture> noisy = new ArrayList<>();
        for (int i = 0; i < pictures.size(); i++) {
            try (var _ = Scope.open()) {
                Picture small = fit.apply(pictures.get(i), Resample.LANCZOS);
                Tensor image = BatchEdit.images(List.of(small));
                Tensor noise =
                        new PerImageNoise(seed, 2 * BatchEdit.FAR + i).normal(0, image.shape());
                noisy.addAll(BatchEdit.pictures(image.plus(noise.times(sigma))));
            }
        }
        return noisy;
    }

    /**
     * Turns rough strokes into a picture like the model's, the farther from them the larger the
     * first noise level.
     *
     * @param pictures at least one, of any size
     * @param request how; its first level decides how much of the strokes is kept
     * @return what became of each
     * @throws IllegalArgumentException if the levels do not fit the model
     */
    public List<EditedPicture> stroke(List<Picture> pictures, EditRequest request) {
        return turn(() -> BatchEdit.of(this, request, fitted(pictures)).iterate(_ -> NOTHING));
    }

    /**
     * Pictures between two: the noise of both, found at the first noise level, is mixed along a
     * great circle and decoded. Up to the middle they are of the class of the first.
     *
     * @param from the first picture, of any size
     * @param to the last picture, of any size
     * @param iterations steps of the inversion; 0: noise is added and nothing searched
     * @param request how; count is the number of pictures, the ends among them, at least 2
     * @return before is the first picture, given the last
     * @throws IllegalArgumentException if fewer than 2 are asked for or the levels do not fit
     */
    public EditedPicture interpolate(
            Picture from, Picture to, int iterations, EditRequest request) {
        return turn(() -> new NoiseEdit(this).interpolate(from, to, iterations, request));
    }

    /**
     * Pictures like one: its noise, found at the first noise level, is turned towards fresh noise
     * and decoded.
     *
     * @param picture the picture, of any size
     * @param strength how far, 0 for the picture as the model has it, 1 for any picture
     * @param iterations steps of the inversion; 0: noise is added and nothing searched
     * @param request how; count is the number of variations
     * @return given is the picture as the model has it
     * @throws IllegalArgumentException if strength is not in [0, 1] or the levels do not fit
     */
    public EditedPicture variations(
            Picture picture, double strength, int iterations, EditRequest request) {
        return turn(() -> new NoiseEdit(this).variations(picture, strength, iterations, request));
    }

    private <T> T turn(Supplier<T> edit) {
        return turns.take(Optional.empty(), edit);
    }

    /** Pictures brought to the size of the model's. */
    List<Picture> fitted(List<Picture> pictures) {
        return pictures.stream().map(picture -> fit.apply(picture, Resample.LANCZOS)).toList();
    }

    /** The classes asked for, or guessed, of pictures of which something is known. */
    long[] labels(Tensor reference, Knowledge knowledge, EditRequest request, PerImageNoise noise) {
        int count = (int) reference.size(0);
        if (classes == 0) {
            if (request.label().isPresent()) {
                throw new IllegalArgumentException(
                        "this model knows no classes, so class %d cannot be asked for"
                                .formatted(request.label().getAsLong()));
            }
            return new long[0];
        }
        if (request.label().isEmpty()) {
            return new ClassGuess(model, classes).labels(reference, knowledge, noise);
        }
        long label = request.label().getAsLong();
        if (label >= classes) {
            throw new IllegalArgumentException(
                    "there is no class %d; this model knows 0 to %d".formatted(label, classes - 1));
        }
        long[] labels = new long[count];
        Arrays.fill(labels, label);
        return labels;
    }
}
