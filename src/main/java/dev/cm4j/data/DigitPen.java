package dev.cm4j.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * Draws one digit with a hand of its own: manner, slant, turn, size, place, thickness and tremor
 * are random, and depend on (seed, index) alone.
 *
 * <p>A pixel's value is the part of it that ink covers, from its exact distance d to the nearest
 * stroke of radius r: clamp(r − d + ½, 0, 1) in pixels.
 */
final class DigitPen {

    private static final double NOMINAL = 28; // the side, in pixels, the numbers below are for
    private static final double TREMOR = .022;
    private static final double WAVE = .03;

    private final int size;
    private final float[] distance; // squared, to the nearest stroke so far

    /** A pen for images of size×size pixels; for one thread. */
    DigitPen(int size) {
        this.size = size;
        this.distance = new float[size * size];
    }

    /** Draws a digit into size·size bytes of a target, beginning at an offset. */
    void draw(int digit, long seed, long index, MemorySegment target, long offset) {
        SplitMix random = new SplitMix(SplitMix.hash(seed, index, digit));
        List<List<Stroke>> manners = DigitShapes.of(digit);
        List<Stroke> strokes = manners.get(random.below(manners.size()));
        Hand hand = Hand.random(random, size / NOMINAL);
        Arrays.fill(distance, Float.MAX_VALUE);
        for (Stroke stroke : strokes) {
            double[] points = stroke.points().clone();
            for (int i = 0; i < points.length; i++) {
                points[i] += TREMOR * random.bell();
            }
            double[] line = stroke.flatten(points);
            for (int i = 0; i < line.length; i += 2) {
                hand.place(line, i, size / 2.0);
            }
            for (int i = 0; i + 3 < line.length; i += 2) {
                ink(line[i], line[i + 1], line[i + 2], line[i + 3], hand.radius() + 1);
            }
        }
        for (int i = 0; i < distance.length; i++) {
            target.set(ValueLayout.JAVA_BYTE, offset + i, value(hand, distance[i]));
        }
    }

    private static byte value(Hand hand, float squaredDistance) {
        if (squaredDistance == Float.MAX_VALUE) { // far from any stroke, as most pixels are
            return 0;
        }
        double cover = hand.radius() - Math.sqrt(squaredDistance) + .5;
        return (byte) (int) (255 * hand.ink() * Math.clamp(cover, 0.0, 1.0) + .5);
    }

    /** Lowers the distances of the pixels near a straight part, by squared distance to it. */
    private void ink(double x0, double y0, double x1, double y1, double reach) {
        int left = (int) Math.max(0, Math.floor(Math.min(x0, x1) - reach));
        int right = (int) Math.min(size - 1, Math.ceil(Math.max(x0, x1) + reach));
        int top = (int) Math.max(0, Math.floor(Math.min(y0, y1) - reach));
        int bottom = (int) Math.min(size - 1, Math.ceil(Math.max(y0, y1) + reach));
        float dx = (float) (x1 - x0);
        float dy = (float) (y1 - y0);
        float scale = 1 / Math.max(dx * dx + dy * dy, 1e-9f);
        for (int y = top; y <= bottom; y++) {
            float py = (float) (y + .5 - y0);
            for (int x = left; x <= right; x++) {
                float px = (float) (x + .5 - x0);
                float t = Math.min(1, Math.max(0, (px * dx + py * dy) * scale));
                float ex = px - t * dx;
                float ey = py - t * dy;
                int at = y * size + x;
                distance[at] = Math.min(distance[at], ex * ex + ey * ey);
            }
        }
    }

    /**
     * What is the same for all strokes of one digit.
     *
     * @param xx, xy, yx, yy unit square to pixels: stretch, slant and turn
     * @param dx, dy shift of the centre in pixels
     * @param waveX, waveY phases of a slow bend of the paper, whose height is wave
     * @param radius half the thickness of the line in pixels
     * @param ink value of a covered pixel, up to 1
     */
    private record Hand(
            double xx,
            double xy,
            double yx,
            double yy,
            double dx,
            double dy,
            double waveX,
            double waveY,
            double wave,
            double radius,
            double ink) {

        static Hand random(SplitMix random, double scale) {
            double height = scale * (19.2 + 1.1 * random.bell());
            double width = height * (.82 + .1 * random.bell());
            double slant = .12 + .18 * random.bell();
            double turn = Math.toRadians(5 * random.bell());
            double cos = Math.cos(turn);
            double sin = Math.sin(turn);
            return new Hand(
                    cos * width,
                    -cos * slant * height - sin * height,
                    sin * width,
                    -sin * slant * height + cos * height,
                    scale * .8 * random.bell(),
                    scale * .8 * random.bell(),
                    random.uniform(0, 2 * Math.PI),
                    random.uniform(0, 2 * Math.PI),
                    WAVE * random.uniform(),
                    scale * random.uniform(.75, 1.6),
                    random.uniform(.9, 1));
        }

        /** Moves one point of a line from the unit square to its pixel. */
        void place(double[] line, int at, double centre) {
            double x = line[at] - .5 + wave * Math.sin(5 * line[at + 1] + waveX);
            double y = line[at + 1] - .5 + wave * Math.sin(5 * line[at] + waveY);
            line[at] = centre + dx + xx * x + xy * y;
            line[at + 1] = centre + dy + yx * x + yy * y;
        }
    }
}
