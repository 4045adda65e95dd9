package dev.cm4j;

import dev.cm4j.edit.EditLevels;
import dev.cm4j.edit.Inversion;
import dev.cm4j.edit.IterativeEdit;
import dev.cm4j.edit.Knowledge;
import dev.cm4j.edit.NothingKnown;
import dev.cm4j.image.Grid;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PixelRange;
import dev.cm4j.sample.PerImageNoise;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Pictures of a model's size on their way through an edit, batch by batch. Row r is result r mod
 * count of picture r / count.
 */
final class BatchEdit {

    /** Numbers from here on belong to guessed classes, results and decoded noise apart. */
    static final long FAR = 1L << 40;

    private static final int DIGITS_OF_A_PICTURE = 20;
    private static final double RATE = 0.1;

    private final Editor editor;
    private final EditRequest request;
    private final List<Picture> pictures;

    private BatchEdit(Editor editor, EditRequest request, List<Picture> pictures) {
        this.editor = editor;
        this.request = request;
        this.pictures = pictures;
    }

    static BatchEdit of(Editor editor, EditRequest request, List<Picture> pictures) {
        if (pictures.isEmpty()) {
            throw new IllegalArgumentException("there are no pictures to edit");
        }
        return new BatchEdit(editor, request, List.copyOf(pictures));
    }

    /**
     * Algorithm 4 for every row.
     *
     * @param knowledge what is known of the pictures of these numbers
     */
    List<EditedPicture> iterate(Function<List<Integer>, Knowledge> knowledge) {
        EditLevels levels = request.levels().levels(editor.range());
        return batches((rows, images) -> {
            Knowledge known = knowledge.apply(rows.numbers());
            long[] labels = rows.labels(editor, request, images, known);
            var edit = new IterativeEdit(editor.model(), levels, known);
            return new Made(
                    pictures(known.measured(images)),
                    pictures(edit.edit(images, tensor(labels), rows.noise(request.seed()))),
                    labels);
        });
    }

    /**
     * f(x, σ) of every picture.
     *
     * @param sigmas noise of each picture
     */
    List<EditedPicture> denoise(double[] sigmas) {
        List<EditedPicture> edited =
                batches((rows, images) -> {
                    long[] labels = rows.labels(editor, request, images, new NothingKnown());
                    double[] own = rows.numbers().stream().mapToDouble(n -> sigmas[n]).toArray();
                    try (var _ = Gradients.disabled()) {
                        Tensor clean =
                                editor.model().denoise(images, own, tensor(labels)).clamp(-1, 1);
                        return new Made(pictures(images), pictures(clean), labels);
                    }
                });
        for (int i = 0; i < edited.size(); i++) {
            EditedPicture one = edited.get(i);
            edited.set(
                    i,
                    new EditedPicture(
                            one.before(),
                            one.before(),
                            one.small(),
                            one.results(),
                            one.label(),
                            OptionalDouble.of(sigmas[i])));
        }
        return edited;
    }

    /** The classes of all pictures at once. */
    long[] labels(Knowledge knowledge) {
        try (var _ = Scope.open()) {
            return rows(0, pictures.size()).labels(editor, request, images(pictures), knowledge);
        }
    }

    /** The first draw of noise for images of the model's shape. */
    Tensor noise(PerImageNoise noise, int count) {
        var fit = editor.fit();
        return noise.normal(0, count, fit.channels(), fit.height(), fit.width());
    }

    /**
     * The noise of all pictures at once: z = n + y/σ, and then Adam.
     *
     * @param noise n, where the search begins
     */
    Tensor invert(Tensor noise, long[] labels, double sigma, int iterations) {
        Scope caller = Scope.current();
        try (var _ = Scope.open()) {
            Tensor images = images(pictures);
            Tensor start = images.dividedBy(sigma).plus(noise);
            if (iterations == 0) {
                return start.escapeTo(caller);
            }
            return new Inversion(editor.model(), sigma, iterations, RATE)
                    .noise(images, start, tensor(labels), editor.done())
                    .escapeTo(caller);
        }
    }

    /** What a batch becomes: a picture for each row of both lists. */
    private record Made(List<Picture> given, List<Picture> results, long[] labels) {}

    @FunctionalInterface
    private interface Step {
        Made of(Rows rows, Tensor images);
    }

    private List<EditedPicture> batches(Step step) {
        int total = Math.multiplyExact(pictures.size(), request.count());
        List<Picture> given = new ArrayList<>();
        List<Picture> results = new ArrayList<>();
        List<Long> labels = new ArrayList<>();
        for (int first = 0; first < total; first += request.batch()) {
            Rows rows = rows(first, Math.min(request.batch(), total - first));
            try (var _ = Scope.open()) {
                Made made =
                        step.of(rows, images(rows.numbers().stream().map(pictures::get).toList()));
                given.addAll(made.given());
                results.addAll(made.results());
                Arrays.stream(made.labels()).forEach(labels::add);
            }
            editor.done().accept(results.size());
        }
        List<EditedPicture> edited = new ArrayList<>();
        for (int i = 0; i < pictures.size(); i++) {
            int from = i * request.count();
            List<Picture> own = results.subList(from, from + request.count());
            edited.add(
                    new EditedPicture(
                            pictures.get(i),
                            given.get(from),
                            own,
                            own,
                            labels.isEmpty()
                                    ? OptionalLong.empty()
                                    : OptionalLong.of(labels.get(from)),
                            OptionalDouble.empty()));
        }
        return edited;
    }

    private Rows rows(int first, int count) {
        return new Rows(
                IntStream.range(first, first + count)
                        .map(r -> r / request.count())
                        .boxed()
                        .toList(),
                IntStream.range(first, first + count)
                        .map(r -> r % request.count())
                        .boxed()
                        .toList());
    }

    /**
     * Rows of a batch.
     *
     * @param numbers which picture each is of
     * @param variants which result of it
     */
    private record Rows(List<Integer> numbers, List<Integer> variants) {

        /** Noise that depends on picture and variant alone. */
        PerImageNoise noise(long seed) {
            return new PerImageNoise(
                    seed,
                    IntStream.range(0, numbers.size())
                            .mapToLong(r ->
                                    ((long) variants.get(r) << DIGITS_OF_A_PICTURE)
                                            + numbers.get(r))
                            .toArray());
        }

        /** One guess for all results of a picture. */
        long[] labels(Editor editor, EditRequest request, Tensor images, Knowledge known) {
            var noise =
                    new PerImageNoise(
                            request.seed(), numbers.stream().mapToLong(n -> FAR + n).toArray());
            return editor.labels(images, known, request, noise);
        }
    }

    /** [N, C, H, W] in [−1, 1]. */
    static Tensor images(List<Picture> pictures) {
        Picture first = pictures.getFirst();
        int size = first.bytes().length;
        byte[] bytes = new byte[Math.multiplyExact(pictures.size(), size)];
        for (int n = 0; n < pictures.size(); n++) {
            System.arraycopy(pictures.get(n).bytes(), 0, bytes, n * size, size);
        }
        return Tensor.of(bytes, pictures.size(), first.channels(), first.height(), first.width())
                .to(DType.F32)
                .dividedBy(127.5)
                .minus(1);
    }

    /** Bytes of [N, C, H, W] in [−1, 1]. */
    static List<Picture> pictures(Tensor images) {
        return Grid.pictures(PixelRange.DIFFUSERS.toBytes(images));
    }

    /** Labels as a model takes them: none if there are none. */
    static Optional<Tensor> tensor(long[] labels) {
        return labels.length == 0 ? Optional.empty() : Optional.of(Tensor.of(labels));
    }
}
