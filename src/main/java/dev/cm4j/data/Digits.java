package dev.cm4j.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;

/**
 * Grey digits drawn on the spot: a labelled data set that needs no file, no network and no font.
 *
 * <p>Image i shows the digit i mod 10, white on black, and depends on (seed, split, i) alone.
 * Images are drawn when first asked for, a block at a time, and kept in native memory.
 */
public final class Digits implements Dataset {

    /** Number of images where nothing else is asked for. */
    public static final int DEFAULT_COUNT = 20_000;

    /** Side in pixels where nothing else is asked for. */
    public static final int DEFAULT_SIZE = 28;

    private static final int CLASSES = 10;
    private static final int BLOCK = 500;
    private static final int VERSION = 1; // raised when the same seed draws other images

    private final int count;
    private final int size;
    private final long seed;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment pixels;
    private final Object[] locks;
    private final AtomicIntegerArray drawn;

    private Digits(int count, int size, long seed) {
        this.count = count;
        this.size = size;
        this.seed = seed;
        this.pixels = arena.allocate((long) count * size * size, Long.BYTES);
        int blocks = (count + BLOCK - 1) / BLOCK;
        this.drawn = new AtomicIntegerArray(blocks);
        this.locks = new Object[blocks];
        for (int b = 0; b < blocks; b++) {
            locks[b] = new Object();
        }
    }

    /**
     * The usual set: 20,000 training images or 10,000 others of 28×28.
     *
     * @param split which half; they have no image in common
     * @return the images [1, 28, 28] with labels 0 to 9, the caller's to close
     */
    public static Digits open(Split split) {
        return split == Split.TRAIN
                ? of(DEFAULT_COUNT, DEFAULT_SIZE, 0)
                : of(DEFAULT_COUNT / 2, DEFAULT_SIZE, 1);
    }

    /**
     * A set of any number and size.
     *
     * @param count number of images, at least 1
     * @param size side in pixels, 8 to 1024
     * @param seed of all that is random
     * @return the images [1, size, size] with labels 0 to 9, the caller's to close
     * @throws IllegalArgumentException if a number is out of range
     */
    public static Digits of(int count, int size, long seed) {
        if (count < 1 || size < 8 || size > 1024) {
            throw new IllegalArgumentException(
                    "%d digits of %dx%d; a side is 8 to 1024 pixels".formatted(count, size, size));
        }
        return new Digits(count, size, seed);
    }

    @Override
    public int size() {
        return count;
    }

    @Override
    public int channels() {
        return 1;
    }

    @Override
    public int height() {
        return size;
    }

    @Override
    public int width() {
        return size;
    }

    @Override
    public int classes() {
        return CLASSES;
    }

    @Override
    public void read(int index, MemorySegment target) {
        Objects.checkIndex(index, count);
        drawBlock(index / BLOCK);
        int bytes = size * size;
        MemorySegment.copy(pixels, (long) index * bytes, target, 0, bytes);
    }

    @Override
    public int label(int index) {
        return Objects.checkIndex(index, count) % CLASSES;
    }

    @Override
    public Optional<MemorySegment> pixels() {
        IntStream.range(0, drawn.length()).parallel().forEach(this::drawBlock);
        return Optional.of(pixels);
    }

    @Override
    public String fingerprint() {
        return new Fingerprint().add("digits").add(VERSION).add(seed).add(count).add(size).hex();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private void drawBlock(int block) {
        if (drawn.get(block) != 0) {
            return;
        }
        synchronized (locks[block]) {
            if (drawn.get(block) != 0) {
                return;
            }
            DigitPen pen = new DigitPen(size);
            int end = Math.min(count, (block + 1) * BLOCK);
            for (int i = block * BLOCK; i < end; i++) {
                pen.draw(label(i), seed, i, pixels, (long) i * size * size);
            }
            drawn.set(block, 1);
        }
    }
}
