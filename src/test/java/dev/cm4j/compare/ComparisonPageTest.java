package dev.cm4j.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.report.Chromium;
import dev.cm4j.report.Plot;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A page of many curves, as text and in a browser. */
class ComparisonPageTest {

    private static final int SERIES = 8;

    @TempDir Path folder;
    private CellStore store;

    @BeforeEach
    void aStrip() {
        store = new CellStore(folder);
        byte[] pixels = new byte[30 * 30];
        java.util.Arrays.fill(pixels, (byte) 200);
        Png.write(store.strip("x.png"), new Picture(1, 30, 30, pixels), Map.of());
    }

    private static Cell cell(int series, int nfe, String metric, int pictures, String unit) {
        return new Cell(
                "%064x".formatted(series * 100 + nfe),
                "photographs",
                "model " + series,
                "heun",
                "heun %d steps".formatted(nfe),
                nfe,
                0,
                pictures,
                metric,
                (20 + series) / Math.sqrt(nfe),
                "2048 pool features",
                "cifar10, training pictures",
                pictures * nfe * .001 * (1 + series),
                pictures * nfe * .02,
                unit,
                unit.equals("J") ? "RAPL, package-0" : "processor time of the process",
                64,
                "f32 on cpu, 2 threads",
                "a machine",
                "0".repeat(64),
                "x.png");
    }

    private static List<Cell> cells(String metric, int pictures, String unit) {
        List<Cell> cells = new ArrayList<>();
        for (int series = 0; series < SERIES; series++) {
            for (int nfe : new int[] {1, 4, 16}) {
                cells.add(cell(series, nfe, metric, pictures, unit));
            }
        }
        return cells;
    }

    private String page(String metric, int pictures, String unit) {
        return page(cells(metric, pictures, unit), unit);
    }

    private String page(List<Cell> cells, String unit) {
        return page(cells, unit, List.of());
    }

    private String page(List<Cell> cells, String unit, List<Failures.Failure> failures) {
        List<EntryCost> costs = new ArrayList<>();
        StringBuilder entries = new StringBuilder();
        for (int series = 0; series < SERIES; series++) {
            String teacher = series > 0 ? "model 0" : "";
            double minutes = series + 1;
            costs.add(
                    new EntryCost(
                            "model " + series,
                            "photographs",
                            "cifar10-cd",
                            1000L * (series + 1),
                            10,
                            1280,
                            60,
                            minutes,
                            series > 4 ? Double.NaN : 100,
                            unit,
                            "",
                            teacher,
                            minutes + (series > 0 ? 1 : 0),
                            series > 4 ? Double.NaN : 200));
            entries.append("  - {name: model ").append(series);
            entries.append(", dataset: photographs, model: x");
            entries.append(series > 0 ? ", teacher: model 0}\n" : "}\n");
        }
        ComparisonConfig config =
                ComparisonFile.parse(
                        """
                        title: Photographs
                        datasets:
                          - {name: photographs, data: cifar10, metric: fid-inception, pictures: 50000}
                          - {name: empty, data: mnist, metric: fid-digits, pictures: 10}
                        entries:
                        """
                                + entries,
                        "test.yaml");
        var results = new Results(config, cells, costs, PublishedResult.all(), failures);
        return new ComparisonPage(results, store).html();
    }

    @Test
    void thePageHoldsEveryNumberWithItsProtocolAndNeedsNothingElse() {
        String page = page("fid", 50_000, "J");
        for (String words :
                List.of(
                        "fid by energy, joules</figcaption>",
                        "J a picture",
                        "fid by evaluations, papers included</figcaption>",
                        "fid at its best, by training</figcaption>",
                        "fid at its best, by parameters</figcaption>",
                        "heun 16 steps; seed 0",
                        "N = 50,000 pictures; 2048 pool features",
                        "RAPL, package-0",
                        "Song et al. 2023, table 1",
                        "Nothing is measured yet",
                        "200 J",
                        "not known")) {
            assertTrue(page.contains(words), words);
        }
        assertFalse(page.contains("another metric than ours"), "the metric is the papers'");
        for (String absent :
                List.of("<script", "<link rel=\"stylesheet", "src=\"http", "@import")) {
            assertFalse(page.contains(absent), absent);
        }
    }

    @Test
    void processorTimeIsNotCalledEnergyAndOtherMetricsAreMarked() {
        String page = page("fid-cifar-resnet", 1000, "CPU-s");
        assertTrue(
                page.contains("by processor time, CPU-seconds (no energy counter)</figcaption>"));
        assertTrue(page.contains("CPU-s a picture"));
        assertFalse(page.contains("by energy"));
        assertTrue(page.contains("another metric than ours, not to be compared with it"));
        assertFalse(page.contains("papers included</figcaption>"));
    }

    @Test
    void whatCouldNotBeDoneIsNamed() {
        List<Cell> cells = cells("fid", 50_000, "J");
        var failure = new Failures.Failure("entry <9>", "no more memory");
        String page = page(cells, "J", List.of(failure));
        assertTrue(page.contains("<th>entry &lt;9&gt;</th><td>no more memory</td>"), page);
        assertFalse(page(cells, "J").contains("could not be done"), "nothing failed");
    }

    @Test
    void joulesAndProcessorTimeNeverMeet() {
        Cell joules = cell(0, 4, "fid", 50_000, "J");
        Cell seconds = cell(0, 4, "fid", 50_000, "CPU-s");
        var both = new Results.Row(List.of(joules, seconds));
        for (EnergyMeter.Unit unit : EnergyMeter.Unit.values()) {
            assertTrue(Double.isNaN(both.energy(unit)), unit.symbol());
        }
        var alone = new Results.Row(List.of(joules, joules));
        assertEquals(joules.pictureEnergy(), alone.energy(EnergyMeter.Unit.JOULES));
        assertTrue(Double.isNaN(alone.energy(EnergyMeter.Unit.CPU_SECONDS)));

        List<Cell> cells = cells("fid", 50_000, "J");
        cells.set(0, cell(0, 1, "fid", 50_000, "CPU-s"));
        String page = page(cells, "J");
        assertTrue(page.contains("fid by energy, joules</figcaption>"), "the unit of most rows");
        assertTrue(page.contains("J a picture"), "the unit of most rows");
        assertEquals(1, page.split("in another unit", -1).length - 1);
        String seldom = page(List.of(joules, cell(1, 4, "fid", 50_000, "CPU-s")), "J");
        assertTrue(seldom.contains("J a picture"), "joules come before time");
    }

    @Test
    void thePageIsTheSameWhereverItIsWritten() {
        Locale before = Locale.getDefault();
        String page = page("fid", 50_000, "J");
        try {
            Locale.setDefault(Locale.GERMANY);
            assertEquals(page, page("fid", 50_000, "J"));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void noNameOfADrawingStandsTwiceOnThePage() {
        List<Cell> cells = cells("fid", 50_000, "J");
        for (Cell cell : List.copyOf(cells)) {
            cells.add(cell.called("empty", cell.entry(), cell.sampler()));
        }
        List<String> names =
                Pattern.compile(" id=\"([^\"]*)\"")
                        .matcher(page(cells, "J"))
                        .results()
                        .map(found -> found.group(1))
                        .toList();
        assertTrue(names.size() > 8, "only " + names.size() + " names");
        assertEquals(names.size(), Set.copyOf(names).size(), names::toString);
    }

    @Test
    void aBrowserShowsAllCurvesByDayAndByNight() throws Exception {
        Path file = folder.resolve("comparison.html");
        Files.writeString(file, page("fid", 50_000, "J"));
        BufferedImage day = Chromium.shot(file, folder, "1300,3000");
        BufferedImage night =
                Chromium.shot(file, folder, "1300,3000", "--blink-settings=preferredColorScheme=0");
        assertTrue(Chromium.brightness(day) > 180, "by day " + Chromium.brightness(day));
        assertTrue(Chromium.brightness(night) < 90, "by night " + Chromium.brightness(night));
        for (BufferedImage shot : List.of(day, night)) {
            for (int look = 0; look < SERIES; look++) {
                int colour = Integer.parseInt(Plot.colour(look).substring(1), 16);
                long seen = Chromium.count(shot, colour);
                assertTrue(seen > 50, "curve %d: %d pixels".formatted(look, seen));
            }
            assertTrue(Chromium.count(shot, 0xC8C8C8) > 500, "strips");
        }
    }
}
