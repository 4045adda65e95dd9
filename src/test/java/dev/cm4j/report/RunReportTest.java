package dev.cm4j.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run's page: complete in itself, and what a browser makes of it. */
class RunReportTest {

    private static final int ROWS = 120;

    /** Colour of the first curve of every plot. */
    private static final int FIRST_CURVE = 0x0072B2;

    @TempDir Path folder;
    private Path run;

    @BeforeEach
    void aRun() throws Exception {
        run = Files.createDirectories(folder.resolve("a <run> & more"));
        Files.writeString(run.resolve("config.yaml"), "data:\n  dataset: \"<digits>\"\n");
        Files.writeString(
                run.resolve("run.txt"), "preset: mnist-ct\nseed: 7\nprocessor: A & B <C>\n");
        StringBuilder rows =
                new StringBuilder(
                        "step,progress,phase,images,seconds,loss,loss_q1,loss_q2,loss_q3,loss_q4,"
                                + "gradient_norm,learning_rate,scales,target_rate,"
                                + "images_per_second,skipped_steps,drift_slow\n");
        for (int i = 1; i <= ROWS; i++) {
            double loss = Math.exp(-i / 30.0);
            rows.append(
                    String.format(
                            Locale.ROOT,
                            "%d,%f,0,%d,%d,%f,%f,%f,%f,%f,%f,1e-4,%d,%f,%d,0,%f%n",
                            10 * i,
                            (double) i / ROWS,
                            640 * i,
                            3 * i,
                            loss,
                            loss / 4,
                            loss / 2,
                            loss,
                            2 * loss,
                            1 + loss,
                            2 + i / 10,
                            .9 + .05 * i / ROWS,
                            200 + i % 7,
                            .1 * loss));
        }
        Files.writeString(run.resolve("metrics.csv"), rows + "1210,torn");
        Files.writeString(
                run.resolve("scores.csv"),
                "step,images,seconds,fid_digits\n400,1,1,90.5\n800,2,2,40.25\n1200,3,3,44\n");
        Files.createDirectory(run.resolve("samples"));
        for (int step : new int[] {400, 800, 1200}) {
            BufferedImage picture = new BufferedImage(64, 32, BufferedImage.TYPE_INT_RGB);
            picture.setRGB(step / 100, 3, 0xFFFFFF);
            ImageIO.write(
                    picture, "png", run.resolve("samples/step-%08d.png".formatted(step)).toFile());
        }
    }

    @Test
    void the_page_needs_nothing_else() throws Exception {
        Path page = RunReport.write(run);
        assertEquals(run.resolve("report.html"), page);
        String html = Files.readString(page);
        for (String absent :
                List.of("<script", "<link rel=\"stylesheet", "src=\"http", "@import")) {
            assertFalse(html.contains(absent), absent);
        }
        assertFalse(html.replace("http://www.w3.org/2000/svg", "").contains("http"), "an address");
        for (String title :
                List.of(
                        "Loss",
                        "Loss by noise",
                        "Score, fid-digits",
                        "Grid points N(k)",
                        "Rate of the target μ(k)",
                        "Learning rate",
                        "Gradient norm",
                        "Images per second",
                        "Distance of the averages from the weights")) {
            assertTrue(html.contains("<figcaption>" + title + "</figcaption><svg"), title);
        }
        assertFalse(html.contains("Steps left out"), "a plot of nothing");
        assertTrue(html.contains("best fid-digits 40.25"), "the best of the scores");
        assertTrue(html.contains("1,200 steps"), "the last whole row");
        assertTrue(html.contains("A &amp; B &lt;C&gt;"), "facts are text");
        assertTrue(html.contains("a &lt;run&gt; &amp; more"), "names are text");
        assertEquals(4, html.split("data:image/png;base64", -1).length - 1); // the newest twice
    }

    @Test
    void the_page_is_the_same_wherever_it_is_written() throws Exception {
        String page = Files.readString(RunReport.write(run));
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            assertEquals(page, Files.readString(RunReport.write(run)));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void a_run_of_which_little_is_left_has_a_page_too() throws Exception {
        Path bare = Files.createDirectories(folder.resolve("bare"));
        var refused = assertThrows(IllegalArgumentException.class, () -> RunReport.write(bare));
        assertTrue(refused.getMessage().contains("config.yaml"), refused.getMessage());
        Files.writeString(bare.resolve("config.yaml"), "seed: 1\n");
        assertTrue(Files.readString(RunReport.write(bare)).contains("seed: 1"));
    }

    @Test
    void a_browser_shows_it_by_day_and_by_night() throws Exception {
        Path page = RunReport.write(run);
        BufferedImage day = Chromium.shot(page, folder, "1300,1600");
        BufferedImage night =
                Chromium.shot(page, folder, "1300,1600", "--blink-settings=preferredColorScheme=0");
        assertTrue(Chromium.brightness(day) > 180, "by day " + Chromium.brightness(day));
        assertTrue(Chromium.brightness(night) < 90, "by night " + Chromium.brightness(night));
        for (BufferedImage shot : List.of(day, night)) {
            assertTrue(
                    Chromium.count(shot, FIRST_CURVE) > 500,
                    "curves: " + Chromium.count(shot, FIRST_CURVE));
            assertTrue(Chromium.colours(shot) > 50, "colours: " + Chromium.colours(shot));
        }
    }
}
