package dev.cm4j.report;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** A browser that looks at pages; a test without it is skipped. */
public final class Chromium {

    private static final Path PROGRAM = Path.of("/usr/bin/chromium");

    private Chromium() {}

    /**
     * What a page looks like.
     *
     * @param page a file
     * @param folder takes profile, log and picture
     * @param size of the window, such as 1300,1600
     * @param more words of the command
     */
    public static BufferedImage shot(Path page, Path folder, String size, String... more)
            throws Exception {
        assumeTrue(
                Files.isExecutable(PROGRAM),
                "skipped: " + PROGRAM + " is not here; install the package chromium");
        Path picture = Files.createTempFile(folder, "shot", ".png");
        Path log = folder.resolve(picture.getFileName() + ".log");
        List<String> words =
                new ArrayList<>(
                        List.of(
                                PROGRAM.toString(),
                                "--headless",
                                "--no-sandbox", // tests may run as root
                                "--disable-gpu",
                                "--enable-logging=stderr",
                                "--user-data-dir=" + folder.resolve("profile"),
                                "--window-size=" + size,
                                "--screenshot=" + picture));
        words.addAll(List.of(more));
        words.add(page.toUri().toString());
        Process browser =
                new ProcessBuilder(words)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        if (!browser.waitFor(120, TimeUnit.SECONDS)) {
            browser.destroyForcibly();
            throw new AssertionError("the browser did not end: " + Files.readString(log));
        }
        String said = Files.readString(log);
        assertFalse(said.contains("CONSOLE"), said); // where a page's errors are logged
        assertTrue(Files.size(picture) > 0, said);
        return ImageIO.read(picture.toFile());
    }

    /** Pixels of a colour, written 0xRRGGBB. */
    public static long count(BufferedImage picture, int colour) {
        return pixels(picture).filter(pixel -> pixel == colour).count();
    }

    /** How many colours there are. */
    public static int colours(BufferedImage picture) {
        Set<Integer> seen = pixels(picture).collect(Collectors.toSet());
        return seen.size();
    }

    /** Mean of the green channel, 0 to 255. */
    public static double brightness(BufferedImage picture) {
        return pixels(picture).mapToInt(p -> p >> 8 & 0xFF).average().orElseThrow();
    }

    private static Stream<Integer> pixels(BufferedImage picture) {
        int w = picture.getWidth();
        int[] all = picture.getRGB(0, 0, w, picture.getHeight(), null, 0, w);
        return Arrays.stream(all).mapToObj(pixel -> pixel & 0xFFFFFF);
    }
}
