package dev.cm4j.data;

import java.util.ArrayList;
import java.util.List;

/**
 * One line of a drawing as control points, read from a small notation.
 *
 * <pre>
 *   M x y                 begin here
 *   L x y                 straight to here
 *   Q x y  x y            quadratic Bézier curve
 *   C x y  x y  x y       cubic Bézier curve
 * </pre>
 *
 * Coordinates lie in the unit square, y downwards. A closed figure ends where it began.
 *
 * @param points control points x0, y0, x1, y1, …
 * @param degrees degree of each piece, 1 to 3; a piece shares its end with the next one's beginning
 */
record Stroke(double[] points, int[] degrees) {

    private static final int STEPS = 12; // straight parts of a curve

    /** All strokes of a drawing. */
    static List<Stroke> parse(String notation) {
        List<Stroke> strokes = new ArrayList<>();
        for (String line : notation.split("M")) {
            if (!line.isBlank()) {
                strokes.add(parseOne(line.strip().split("[ ,]+")));
            }
        }
        return List.copyOf(strokes);
    }

    private static Stroke parseOne(String[] words) {
        List<Double> points = new ArrayList<>();
        List<Integer> degrees = new ArrayList<>();
        for (String word : words) {
            int degree = "LQC".indexOf(word) + 1;
            if (degree > 0) {
                degrees.add(degree);
            } else {
                points.add(Double.parseDouble(word));
            }
        }
        return new Stroke(
                points.stream().mapToDouble(Double::doubleValue).toArray(),
                degrees.stream().mapToInt(Integer::intValue).toArray());
    }

    /** The line through other control points of the same number, as x0, y0, x1, y1, …. */
    double[] flatten(double[] moved) {
        int parts = 0;
        for (int degree : degrees) {
            parts += degree == 1 ? 1 : STEPS;
        }
        double[] line = new double[2 * (parts + 1)];
        line[0] = moved[0];
        line[1] = moved[1];
        int to = 2;
        int from = 0;
        for (int degree : degrees) {
            int steps = degree == 1 ? 1 : STEPS;
            for (int i = 1; i <= steps; i++) {
                double t = (double) i / steps;
                line[to++] = bezier(moved, from, degree, t);
                line[to++] = bezier(moved, from + 1, degree, t);
            }
            from += 2 * degree;
        }
        return line;
    }

    /** One coordinate of a Bézier curve of degree 1 to 3 at t, by de Casteljau's polynomial. */
    private static double bezier(double[] p, int at, int degree, double t) {
        double u = 1 - t;
        return switch (degree) {
            case 1 -> u * p[at] + t * p[at + 2];
            case 2 -> u * u * p[at] + 2 * u * t * p[at + 2] + t * t * p[at + 4];
            default ->
                    u * u * u * p[at]
                            + 3 * u * u * t * p[at + 2]
                            + 3 * u * t * t * p[at + 4]
                            + t * t * t * p[at + 6];
        };
    }
}
