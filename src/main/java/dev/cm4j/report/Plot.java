package dev.cm4j.report;

import de.erichseifert.vectorgraphics2d.Document;
import de.erichseifert.vectorgraphics2d.Processors;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A plot of curves over the steps of a run, drawn by XChart as a vector graphic that lies in a
 * page: writing and axes take the colour of the page's text, so it can be read by day and by night.
 */
final class Plot {

    private static final int WIDTH = 560;
    private static final int HEIGHT = 300;
    private static final int FEW_POINTS = 30;
    private static final double DECADE = 10;

    /** Stands for the colour of the page's text until the drawing is a text itself. */
    private static final Color INK = new Color(1, 2, 3);

    private static final Color NOTHING = new Color(0, 0, 0, 0);
    private static final Color GRID = new Color(128, 128, 128, 70);

    /** Okabe and Ito 2008, told apart by every eye, the ones that show on white and on black. */
    private static final Color[] COLOURS = {
        new Color(0, 114, 178),
        new Color(230, 159, 0),
        new Color(0, 158, 115),
        new Color(213, 94, 0),
        new Color(204, 121, 167),
        new Color(86, 180, 233),
    };

    private final String title;
    private final List<Curve> curves = new ArrayList<>();
    private boolean logarithmic;

    private Plot(String title) {
        this.title = title;
    }

    /** A plot without curves. */
    static Plot titled(String title) {
        return new Plot(title);
    }

    /** The same with a logarithmic axis, where values span a decade. */
    Plot logarithmic() {
        logarithmic = true;
        return this;
    }

    /** The same with one more curve, unless it has no points. */
    Plot with(Curve curve) {
        if (!curve.isEmpty()) {
            curves.add(curve);
        }
        return this;
    }

    String title() {
        return title;
    }

    /** Whether there is anything to see. */
    boolean isEmpty() {
        return curves.isEmpty();
    }

    /** An {@code svg} element without a header, for a page of HTML. */
    String svg() {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).xAxisTitle("step").build();
        style(chart.getStyler());
        for (Curve curve : curves) {
            XYSeries series = chart.addSeries(curve.name(), curve.x(), curve.y());
            series.setMarker(
                    curve.x().length > FEW_POINTS ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE);
        }
        var canvas = new VectorGraphics2D();
        chart.paint(canvas, WIDTH, HEIGHT);
        Document document =
                Processors.get("svg")
                        .getDocument(canvas.getCommands(), new PageSize(0, 0, WIDTH, HEIGHT));
        var bytes = new ByteArrayOutputStream();
        try {
            document.writeTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot draw the plot " + title, e);
        }
        return inPage(bytes.toString(StandardCharsets.UTF_8));
    }

    private void style(XYStyler style) {
        Font small = new Font(Font.SANS_SERIF, Font.PLAIN, 11);
        style.setLocale(Locale.ROOT);
        style.setBaseFont(small)
                .setLegendFont(small)
                .setChartFontColor(INK)
                .setChartBackgroundColor(NOTHING)
                .setPlotBackgroundColor(NOTHING)
                .setPlotBorderVisible(false)
                .setChartPadding(4)
                .setChartTitleVisible(false)
                .setSeriesColors(COLOURS)
                .setSeriesLines(new BasicStroke[] {new BasicStroke(1.6f)})
                .setMarkerSize(5)
                .setLegendVisible(curves.size() > 1)
                .setLegendPosition(LegendPosition.OutsideS)
                .setLegendLayout(LegendLayout.Horizontal)
                .setLegendBackgroundColor(NOTHING)
                .setLegendBorderColor(NOTHING);
        style.setAxisTickLabelsFont(small)
                .setAxisTitleFont(small)
                .setAxisTickLabelsColor(INK)
                .setAxisTickMarksColor(INK)
                .setPlotGridLinesColor(GRID)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setPlotGridVerticalLinesVisible(false)
                .setYAxisLogarithmic(logarithmic && spansDecades())
                .setYAxisTickLabelsFormattingFunction(Plot::number)
                .setXAxisTickLabelsFormattingFunction(Plot::number);
        style.setXAxisTitleColor(INK);
    }

    /** Whether all values are above zero and the largest ten times the smallest or more. */
    private boolean spansDecades() {
        DoubleSummaryStatistics values =
                curves.stream()
                        .flatMapToDouble(curve -> Arrays.stream(curve.y()))
                        .summaryStatistics();
        return values.getMin() > 0 && values.getMax() >= DECADE * values.getMin();
    }

    /** Four digits at most, without zeros at the end. */
    static String number(double value) {
        double size = Math.abs(value);
        if (size != 0 && (size < 1e-3 || size >= 1e6)) {
            return String.format(Locale.ROOT, "%.1e", value).replace(".0e", "e");
        }
        String text = String.format(Locale.ROOT, size >= 100 ? "%.0f" : "%.4f", value);
        return text.contains(".") ? text.replaceFirst("\\.?0+$", "") : text;
    }

    /** The drawing as a part of a page, its names of clips being its own. */
    private String inPage(String svg) {
        String prefix = "p" + Integer.toHexString(title.hashCode()) + "-";
        return svg.substring(svg.indexOf("<svg"))
                .replace("rgb(1,2,3)", "currentColor")
                .replace("id=\"", "id=\"" + prefix)
                .replace("url(#", "url(#" + prefix)
                .replaceAll("(\\d\\.\\d\\d)\\d+", "$1") // a hundredth of a pixel is enough
                .replaceFirst(
                        "<svg[^>]*>",
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">"
                                .formatted(WIDTH, HEIGHT, Html.escaped(title)));
    }
}
