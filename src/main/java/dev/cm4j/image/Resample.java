package dev.cm4j.image;

/**
 * Filters that change a picture's size, bit for bit as Pillow does on 8-bit images.
 *
 * <pre>
 *   scale = n/m,  fs = max(scale, 1),  support = K fs,  c = (i + ½) scale
 *   lo = max(trunc(c − support + ½), 0),  hi = min(trunc(c + support + ½), n)
 *   w_x = f((x + lo − c + ½) / fs), normalised;  weight = trunc(2²² w ± ½)
 *   value = clamp((2²¹ + Σ pixel · weight) >> 22)
 * </pre>
 *
 * Rows first, bytes in between, columns then; an axis that keeps its size is left alone. Source:
 * Pillow, {@code Resample.c}.
 */
public enum Resample {
    /** Mean over the pixels covered. */
    BOX(.5),
    /** Linear. */
    BILINEAR(1),
    /** Cubic with a = −½. */
    BICUBIC(2),
    /** Windowed sinc over three lobes. */
    LANCZOS(3);

    private static final int PRECISION = 22;

    private final double support;

    Resample(double support) {
        this.support = support;
    }

    /**
     * A picture in another size.
     *
     * @param picture any picture
     * @param height new height in pixels
     * @param width new width in pixels
     * @return a new picture, or itself where the size is the same
     * @throws IllegalArgumentException if the new size is out of range
     */
    public Picture resize(Picture picture, int height, int width) {
        if (height < 1
                || width < 1
                || height > Picture.MAX_SIDE
                || width > Picture.MAX_SIDE
                || (long) height * width > Picture.MAX_PIXELS
                || (long) picture.height() * width > Picture.MAX_PIXELS) {
            throw new IllegalArgumentException(
                    "no picture has " + width + "x" + height + " pixels");
        }
        Picture wide = picture.width() == width ? picture : horizontal(picture, width);
        return wide.height() == height ? wide : vertical(wide, height);
    }

    private Picture horizontal(Picture picture, int width) {
        Weights weights = weights(picture.width(), width);
        int rows = picture.channels() * picture.height();
        byte[] source = picture.bytes();
        byte[] target = new byte[Math.multiplyExact(rows, width)];
        for (int row = 0; row < rows; row++) {
            int base = row * picture.width();
            for (int x = 0; x < width; x++) {
                int[] own = weights.values[x];
                int from = base + weights.first[x];
                int sum = 1 << (PRECISION - 1);
                for (int k = 0; k < own.length; k++) {
                    sum += (source[from + k] & 0xFF) * own[k];
                }
                target[row * width + x] = clip(sum);
            }
        }
        return new Picture(picture.channels(), picture.height(), width, target);
    }

    private Picture vertical(Picture picture, int height) {
        Weights weights = weights(picture.height(), height);
        int width = picture.width();
        byte[] source = picture.bytes();
        byte[] target = new byte[Math.multiplyExact(picture.channels() * height, width)];
        for (int row = 0; row < picture.channels() * height; row++) {
            int y = row % height;
            int[] own = weights.values[y];
            int from = (row / height * picture.height() + weights.first[y]) * width;
            for (int x = 0; x < width; x++) {
                int sum = 1 << (PRECISION - 1);
                for (int k = 0; k < own.length; k++) {
                    sum += (source[from + k * width + x] & 0xFF) * own[k];
                }
                target[row * width + x] = clip(sum);
            }
        }
        return new Picture(picture.channels(), height, width, target);
    }

    private static byte clip(int sum) {
        return (byte) Math.clamp(sum >> PRECISION, 0, 255);
    }

    /** For each new pixel the first old one it draws from, and the weights from there on. */
    private record Weights(int[] first, int[][] values) {}

    private Weights weights(int oldSize, int newSize) {
        double scale = (double) oldSize / newSize;
        double stretch = Math.max(scale, 1);
        double reach = support * stretch;
        double inverse = 1 / stretch;
        int[] first = new int[newSize];
        int[][] values = new int[newSize][];
        for (int i = 0; i < newSize; i++) {
            double centre = (i + .5) * scale;
            int low = Math.max(0, (int) (centre - reach + .5));
            int high = Math.min(oldSize, (int) (centre + reach + .5));
            double[] weights = new double[high - low];
            double total = 0;
            for (int x = 0; x < weights.length; x++) {
                weights[x] = filter((x + low - centre + .5) * inverse);
                total += weights[x];
            }
            first[i] = low;
            values[i] = new int[weights.length];
            for (int x = 0; x < weights.length; x++) {
                double share = total == 0 ? weights[x] : weights[x] / total;
                double fixed = share * (1 << PRECISION);
                values[i][x] = (int) (fixed < 0 ? fixed - .5 : fixed + .5);
            }
        }
        return new Weights(first, values);
    }

    private double filter(double x) {
        double d = Math.abs(x);
        return switch (this) {
            case BOX -> x > -.5 && x <= .5 ? 1 : 0;
            case BILINEAR -> d < 1 ? 1 - d : 0;
            case BICUBIC -> bicubic(d);
            case LANCZOS -> x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
        };
    }

    private static double bicubic(double d) {
        double a = -.5;
        if (d < 1) {
            return ((a + 2) * d - (a + 3)) * d * d + 1;
        }
        return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
    }

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
    }
}
