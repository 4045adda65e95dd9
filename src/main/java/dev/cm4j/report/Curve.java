package dev.cm4j.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A line in a plot: the points of a table that are numbers.
 *
 * @param name as the legend has it
 * @param x growing, as many as y
 * @param y finite
 */
public record Curve(String name, double[] x, double[] y) {

    /** More points than a plot has pixels make a page heavy and show nothing. */
    private static final int MOST_POINTS = 300;

    /**
     * @throws IllegalArgumentException if places and values differ in number
     */
    public Curve {
        if (x.length != y.length) {
            throw new IllegalArgumentException(
                    "curve %s has %d places and %d values".formatted(name, x.length, y.length));
        }
    }

    /** The finite points of two columns, neighbours averaged where there are too many. */
    public static Curve of(String name, double[] x, double[] y) {
        List<double[]> points = new ArrayList<>();
        for (int i = 0; i < x.length; i++) {
            if (Double.isFinite(x[i]) && Double.isFinite(y[i])) {
                points.add(new double[] {x[i], y[i]});
            }
        }
        int bins = Math.min(points.size(), MOST_POINTS);
        double[] places = new double[bins];
        double[] values = new double[bins];
        for (int b = 0; b < bins; b++) {
            int from = (int) ((long) b * points.size() / bins);
            int to = (int) ((long) (b + 1) * points.size() / bins);
            List<double[]> bin = points.subList(from, to);
            places[b] = bin.getLast()[0];
            values[b] = bin.stream().mapToDouble(point -> point[1]).average().orElseThrow();
        }
        return new Curve(name, places, values);
    }

    /** Whether there is no point. */
    public boolean isEmpty() {
        return x.length == 0;
    }
}
