package dev.cm4j.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * A data set with a black border around every image, such as digits of 28×28 on 32×32.
 *
 * <p>The border has the value 0 of a byte, which a batch scales to −1. It is even; where the
 * difference is odd, the extra pixel is at the right and the bottom.
 */
public final class Padded implements Dataset {

    private final Dataset inner;
    private final int height;
    private final int width;
    private final Arena arena = Arena.ofShared();
    private Optional<MemorySegment> pixels = Optional.empty();

    private Padded(Dataset inner, int height, int width) {
        this.inner = inner;
        this.height = height;
        this.width = width;
    }

    /**
     * Puts a border around images.
     *
     * @param inner the images; closed with the result
     * @param height new height, at least the old
     * @param width new width, at least the old
     * @return the larger images, or inner itself where the size is the same
     * @throws IllegalArgumentException if the new size is smaller
     */
    public static Dataset of(Dataset inner, int height, int width) {
        if (height < inner.height() || width < inner.width()) {
            throw new IllegalArgumentException(
                    "images of %dx%d cannot be padded to %dx%d"
                            .formatted(inner.width(), inner.height(), width, height));
        }
        return height == inner.height() && width == inner.width()
                ? inner
                : new Padded(inner, height, width);
    }

    @Override
    public int size() {
        return inner.size();
    }

    @Override
    public int channels() {
        return inner.channels();
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int classes() {
        return inner.classes();
    }

    @Override
    public void read(int index, MemorySegment target) {
        long bytes = (long) inner.channels() * inner.height() * inner.width();
        try (var temporary = Arena.ofConfined()) {
            MemorySegment image = temporary.allocate(bytes);
            inner.read(index, image);
            target.asSlice(0, (long) channels() * height * width).fill((byte) 0);
            place(image, target);
        }
    }

    /** All images padded, made at the first call; empty where the inner ones are not in memory. */
    @Override
    public synchronized Optional<MemorySegment> pixels() {
        if (pixels.isEmpty()) {
            pixels = inner.pixels().map(this::padAll);
        }
        return pixels;
    }

    @Override
    public int label(int index) {
        return inner.label(index);
    }

    @Override
    public List<String> classNames() {
        return inner.classNames();
    }

    @Override
    public String fingerprint() {
        return new Fingerprint()
                .add("padded")
                .add(height)
                .add(width)
                .add(inner.fingerprint())
                .hex();
    }

    @Override
    public List<String> notices() {
        return inner.notices();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
        inner.close();
    }

    private MemorySegment padAll(MemorySegment source) {
        long from = (long) inner.channels() * inner.height() * inner.width();
        long to = (long) channels() * height * width;
        MemorySegment target = arena.allocate(to * size(), Long.BYTES); // zeroed
        for (int i = 0; i < size(); i++) {
            place(source.asSlice(i * from, from), target.asSlice(i * to, to));
        }
        return target;
    }

    private void place(MemorySegment image, MemorySegment target) {
        int top = (height - inner.height()) / 2;
        int left = (width - inner.width()) / 2;
        for (int c = 0; c < channels(); c++) {
            for (int y = 0; y < inner.height(); y++) {
                MemorySegment.copy(
                        image,
                        (long) (c * inner.height() + y) * inner.width(),
                        target,
                        (long) (c * height + top + y) * width + left,
                        inner.width());
            }
        }
    }
}
