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
import java.util.function.Function;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A plot of curves, over the steps of a run unless said otherwise, drawn by XChart as a vector
 * graphic that lies in a page: writing and axes take the colour of the page's text, so it can be
 * read by day and by night.
 */
public final class Plot {

    private static final int WIDTH = 560;
    private static final int HEIGHT = 300;
    private static final int FEW_POINTS = 30;
    private static final double DECADE = 10;

    /** The look of {@link #withFront}. */
    private static final int FRONT = -1;

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

    /** Shapes of points, told apart where colours begin again, and the same as characters. */
    private static final Marker[] MARKERS = {
        SeriesMarkers.CIRCLE, SeriesMarkers.SQUARE, SeriesMarkers.TRIANGLE_UP, SeriesMarkers.DIAMOND
    };

    private static final String SIGNS = "●■▲◆";
    private static final BasicStroke DASHES =
            new BasicStroke(
                    1.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {6, 4}, 0);

    private final String title;
    private final List<Curve> curves = new ArrayList<>();
    private final List<Integer> looks = new ArrayList<>();
    private String across = "step";
    private boolean logarithmic;
    private boolean logarithmicAcross;
    private boolean explained = true;

    private Plot(String title) {
        this.title = title;
    }

    /** A plot without curves. */
    public static Plot titled(String title) {
        return new Plot(title);
    }

    /** The same with a logarithmic axis, where values span a decade. */
    public Plot logarithmic() {
        logarithmic = true;
        return this;
    }

    /** The same over something else than steps, logarithmic where that spans a decade. */
    public Plot over(String quantity) {
        across = quantity;
        logarithmicAcross = true;
        return this;
    }

    /** The same without a legend, for plots that share one. */
    public Plot unexplained() {
        explained = false;
        return this;
    }

    /** The same with one more curve, unless it has no points. */
    public Plot with(Curve curve) {
        return with(curve, curves.size());
    }

    /**
     * The same with one more curve, unless it has no points.
     *
     * @param look which colour and shape of points, the same in every plot; at least 0
     */
    public Plot with(Curve curve, int look) {
        if (!curve.isEmpty()) {
            curves.add(curve);
            looks.add(look);
        }
        return this;
    }

    /** The same with a dashed line below the curves, such as a front. */
    public Plot withFront(Curve curve) {
        return with(curve, FRONT);
    }

    /** The colour of a look, such as {@code #0072b2}. */
    public static String colour(int look) {
        return "#%06x".formatted(COLOURS[look % COLOURS.length].getRGB() & 0xFFFFFF);
    }

    /** The shape of a look's points, as a character. */
    public static char sign(int look) {
        return SIGNS.charAt(look / COLOURS.length % SIGNS.length());
    }

    /** What it shows. */
    public String title() {
        return title;
    }

    /** Whether there is anything to see. */
    public boolean isEmpty() {
        return curves.isEmpty();
    }

    /**
     * An {@code svg} element without a header, for a page of HTML.
     *
     * @param name no other plot's of the page, letters, digits and hyphens; what the drawing
     *     defines for itself is named after it
     */
    public String svg(String name) {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).xAxisTitle(across).build();
        style(chart.getStyler());
        for (int i = 0; i < curves.size(); i++) {
            Curve curve = curves.get(i);
            paint(chart.addSeries(curve.name(), curve.x(), curve.y()), looks.get(i));
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
        return inPage(name + "-", bytes.toString(StandardCharsets.UTF_8));
    }

    private static void paint(XYSeries series, int look) {
        if (look == FRONT) {
            series.setMarker(SeriesMarkers.NONE);
            series.setLineColor(INK);
            series.setLineStyle(DASHES);
            return;
        }
        Color colour = COLOURS[look % COLOURS.length];
        Marker shape = MARKERS[look / COLOURS.length % MARKERS.length];
        series.setMarker(series.getXData().length > FEW_POINTS ? SeriesMarkers.NONE : shape);
        series.setMarkerColor(colour);
        series.setLineColor(colour);
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
                .setLegendVisible(explained && curves.size() > 1)
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
                .setYAxisLogarithmic(logarithmic && spansDecade(Curve::y))
                .setXAxisLogarithmic(logarithmicAcross && spansDecade(Curve::x))
                .setYAxisTickLabelsFormattingFunction(Plot::number)
                .setXAxisTickLabelsFormattingFunction(Plot::number);
        style.setXAxisTitleColor(INK);
    }

    /** Whether all values are above zero and the largest ten times the smallest or more. */
    private boolean spansDecade(Function<Curve, double[]> side) {
        DoubleSummaryStatistics values =
                curves.stream()
                        .flatMapToDouble(curve -> Arrays.stream(side.apply(curve)))
                        .summaryStatistics();
        return values.getMin() > 0 && values.getMax() >= DECADE * values.getMin();
    }

    /** Four digits at most, without zeros at the end. */
    public static String number(double value) {
        double size = Math.abs(value);
        if (size != 0 && (size < 1e-3 || size >= 1e6)) {
            return String.format(Locale.ROOT, "%.1e", value).replace(".0e", "e");
        }
        String text = String.format(Locale.ROOT, size >= 100 ? "%.0f" : "%.4f", value);
        return text.contains(".") ? text.replaceFirst("\\.?0+$", "") : text;
    }

    /** The drawing as a part of a page, its names of clips being its own. */
    private String inPage(String prefix, String svg) {
        return svg.substring(svg.indexOf("<svg"))
                .replace("rgb(1,2,3)", "currentColor")
                .replace("id=\"", "id=\"" + prefix)
                .replace("url(#", "url(#" + prefix)
                .replaceAll("(\\d\\.\\d\\d)\\d+", "$1") // a hundredth of a pixel is enough
                .replaceFirst(
                        "<svg[^>]*>",
                        String.format(
                                Locale.ROOT,
                                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
                                WIDTH,
                                HEIGHT,
                                Html.escaped(title)));
    }
}
