package dev.cm4j.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A data set whose images all lie in native memory, [N, C, H, W] u8. */
final class LoadedImages implements Dataset {

    private final Arena arena;
    private final MemorySegment pixels;
    private final ImageShape shape;
    private final int[] labels;
    private final List<String> classNames;
    private final int classes;
    private final String fingerprint;
    private final List<String> notices;

    /** As below, with nothing to say. */
    LoadedImages(
            Arena arena,
            MemorySegment pixels,
            ImageShape shape,
            int[] labels,
            int classes,
            List<String> classNames,
            String fingerprint) {
        this(arena, pixels, shape, labels, classes, classNames, fingerprint, List.of());
    }

    /**
     * @param arena owns the pixels; closed with the data set
     * @param labels one for each image, or empty where classes is 0
     * @param notices as in {@link Dataset#notices}
     */
    LoadedImages(
            Arena arena,
            MemorySegment pixels,
            ImageShape shape,
            int[] labels,
            int classes,
            List<String> classNames,
            String fingerprint,
            List<String> notices) {
        this.arena = arena;
        this.pixels = pixels;
        this.shape = shape;
        this.labels = labels;
        this.classes = classes;
        this.classNames = List.copyOf(classNames);
        this.fingerprint = fingerprint;
        this.notices = List.copyOf(notices);
    }

    @Override
    public int size() {
        return (int) (pixels.byteSize() / shape.bytes());
    }

    @Override
    public int channels() {
        return shape.channels();
    }

    @Override
    public int height() {
        return shape.height();
    }

    @Override
    public int width() {
        return shape.width();
    }

    @Override
    public int classes() {
        return classes;
    }

    @Override
    public void read(int index, MemorySegment target) {
        Objects.checkIndex(index, size());
        MemorySegment.copy(pixels, (long) index * shape.bytes(), target, 0, shape.bytes());
    }

    @Override
    public int label(int index) {
        if (classes == 0) {
            throw new IllegalStateException("this data set has no labels");
        }
        return labels[index];
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public Optional<MemorySegment> pixels() {
        return Optional.of(pixels);
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public List<String> notices() {
        return notices;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
