package dev.cm4j.compare;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The points that no other beats at both: a point stays if none costs as little or less and is
 * better, or is as good and costs less.
 *
 * <pre>
 *   p is beaten by q:  cost_q ≤ cost_p and value_q ≤ value_p, one of them smaller
 * </pre>
 */
final class ParetoFront {

    private ParetoFront() {}

    /**
     * A way of making pictures.
     *
     * @param place the point's own number
     * @param cost less is better, such as evaluations
     * @param value less is better, such as a Fréchet distance
     */
    record Point(int place, double cost, double value) {}

    /**
     * The front of a set of points.
     *
     * @param points those that are not finite are left out
     * @return by growing cost; of equal points the first
     */
    static List<Point> of(List<Point> points) {
        List<Point> sorted =
                points.stream()
                        .filter(p -> Double.isFinite(p.cost()) && Double.isFinite(p.value()))
                        .sorted(
                                Comparator.comparingDouble(Point::cost)
                                        .thenComparingDouble(Point::value))
                        .toList();
        List<Point> front = new ArrayList<>();
        for (Point point : sorted) {
            if (front.isEmpty() || point.value() < front.getLast().value()) {
                front.add(point);
            }
        }
        return front;
    }

    /**
     * The front of rows.
     *
     * @param rows whose numbers are the places of the points
     * @param cost of a row; NaN leaves it out
     */
    static List<Point> of(List<Results.Row> rows, ToDoubleFunction<Results.Row> cost) {
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            Results.Row row = rows.get(i);
            points.add(new Point(i, cost.applyAsDouble(row), row.value().mean()));
        }
        return of(points);
    }
}
