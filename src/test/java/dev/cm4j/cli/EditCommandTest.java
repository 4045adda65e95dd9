package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.TinyModel;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import dev.cm4j.image.Png;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EditCommandTest {

    @TempDir Path folder;

    private Path model;
    private Path ramp;
    private Path large;

    @BeforeEach
    void files() {
        model = TinyModel.write(folder.resolve("tiny.safetensors"), 3);
        ramp = picture("ramp.png", 28, 28, 1);
        large = picture("large.png", 60, 50, 3);
    }

    @Test
    void inpainting_keeps_the_known_bytes() {
        Path out = folder.resolve("x.png");
        Path sheet = folder.resolve("sheet.png");
        CommandRun run =
                edit(
                        "inpaint",
                        List.of(ramp),
                        "--rect",
                        "0,14,28,14",
                        "--steps",
                        "2",
                        "-o",
                        out.toString(),
                        "--sheet",
                        sheet.toString());
        assertEquals(0, run.exit(), run.err());
        assertEquals(out + "\n" + sheet + "\n", run.out());
        byte[] before = PictureFile.read(ramp).bytes();
        byte[] after = PictureFile.read(out).bytes();
        assertArrayEquals(Arrays.copyOf(before, 392), Arrays.copyOf(after, 392));
        Map<String, String> remarks = Png.text(out);
        assertEquals("inpaint", remarks.get("edit"));
        assertEquals(2 * (3 * 30 + 2), PictureFile.read(sheet).width());
    }

    @Test
    void inpainting_keeps_the_size_of_a_larger_picture() {
        Path mask = folder.resolve("mask.png");
        byte[] hole = new byte[60 * 50];
        Arrays.fill(hole, 60 * 20, 60 * 30, (byte) 255);
        Png.write(mask, new Picture(1, 50, 60, hole), Map.of());
        Path out = folder.resolve("x.png");
        CommandRun run =
                edit(
                        "inpaint",
                        List.of(large),
                        "--mask",
                        mask.toString(),
                        "--steps",
                        "1",
                        "-o",
                        out.toString());
        assertEquals(0, run.exit(), run.err());
        assertTrue(
                run.err()
                        .contains(
                                "large.png: 60x50 pixels, turned grey, cut to 50x50 around the"
                                        + " middle, resized to 28x28\n"),
                run.err());
        assertTrue(run.err().contains("large.png: taken for class "), run.err());
        Picture before = PictureFile.read(large).grey().crop(0, 5, 50, 50);
        Picture after = PictureFile.read(out);
        assertEquals(50, after.height());
        for (int i = 0; i < 2500; i++) {
            if (i / 50 < 20 || i / 50 >= 30) {
                assertEquals(before.bytes()[i], after.bytes()[i], "byte " + i);
            }
        }
    }

    @Test
    void several_results_go_to_a_folder() {
        Path out = folder.resolve("results");
        CommandRun run =
                edit(
                        "stroke",
                        List.of(ramp, large),
                        "--count",
                        "2",
                        "--label",
                        "1",
                        "--sigma",
                        "1",
                        "--steps",
                        "1",
                        "-o",
                        out.toString());
        assertEquals(0, run.exit(), run.err());
        for (String name : List.of("ramp-000", "ramp-001", "large-000", "large-001")) {
            assertEquals(28, PictureFile.read(out.resolve(name + ".png")).width());
        }
    }

    @Test
    void every_edit_runs_and_repeats_itself() throws Exception {
        for (String[] words :
                new String[][] {
                    {"upscale", "--factor", "4", "--steps", "1"},
                    {"denoise"},
                    {"denoise", "--sigma", "0.5"},
                    {"stroke", "--timesteps", "20,30,39"},
                    {"variations", "--count", "2", "--iterations", "2"},
                    {"inpaint", "--polygon", "1,1,20,2,3,25", "--sigmas", "80,1"},
                }) {
            Path one = folder.resolve("one");
            Path two = folder.resolve("two");
            for (Path out : List.of(one, two)) {
                CommandRun run =
                        edit(
                                words[0],
                                List.of(ramp),
                                Stream.concat(
                                                Arrays.stream(words).skip(1),
                                                Stream.of(
                                                        "-o",
                                                        out.toString(),
                                                        "--seed",
                                                        "5",
                                                        "--precision",
                                                        "f32"))
                                        .toArray(String[]::new));
                assertEquals(0, run.exit(), run.err());
            }
            try (Stream<Path> files = Files.list(one)) {
                for (Path file : files.toList()) {
                    assertEquals(-1, Files.mismatch(file, two.resolve(file.getFileName())));
                }
            }
        }
        Path out = folder.resolve("between");
        CommandRun run =
                edit(
                        "interpolate",
                        List.of(ramp, large),
                        "--count",
                        "3",
                        "--iterations",
                        "1",
                        "-o",
                        out.toString());
        assertEquals(0, run.exit(), run.err());
        assertEquals(3, run.out().lines().count());
    }

    @Test
    void bad_input_is_refused_in_one_sentence() throws Exception {
        Path broken = Files.writeString(folder.resolve("broken.png"), "no picture");
        Path mask = picture("mask.png", 10, 12, 1);
        refused(2, "has 10x12 pixels, but", "inpaint", ramp, "--mask", mask.toString());
        refused(2, "there is no class 3; this model knows 0 to 2", "stroke", ramp, "--label", "3");
        refused(2, "counted from 0, not -1", "stroke", ramp, "--label", "-1");
        refused(2, "must fall, but 2.0 follows 0.8", "stroke", ramp, "--sigmas", "0.8,2");
        refused(2, "noise level 81.0 is above 80.0", "stroke", ramp, "--sigmas", "81,2");
        refused(2, "noise level 90.0 is above 80.0", "stroke", ramp, "--sigma", "90");
        refused(2, "noise level 90.0 is above 80.0", "denoise", ramp, "--sigma", "90");
        refused(2, "the last index must be 39", "stroke", ramp, "--timesteps", "0,22");
        refused(2, "exclude each other", "stroke", ramp, "--steps", "2", "--sigmas", "2");
        refused(2, "begins the levels", "stroke", ramp, "--sigma", "2", "--sigmas", "2");
        refused(1, "no picture by its first bytes", "stroke", broken);
        refused(1, "nowhere.png does not exist", "stroke", folder.resolve("nowhere.png"));
        refused(1, "no picture by its first bytes", "inpaint", ramp, "--mask", broken.toString());
        refused(2, "no transparent pixels", "inpaint", ramp);
        refused(2, "is not inside the 28x28 pixels", "inpaint", ramp, "--rect", "20,0,9,1");
        Path wide = picture("wide.png", 56, 28, 1);
        refused(2, "cut away: of 56x28 pixels the 28x28", "inpaint", wide, "--rect", "0,0,8,8");
        refused(2, "not 3 numbers", "inpaint", ramp, "--rect", "20,0,9");
        refused(2, "at least 3 corners", "inpaint", ramp, "--polygon", "20,0,9,9");
        refused(2, "makes grey pictures", "colourise", ramp);
        refused(2, "makes grey pictures", "colorize", ramp);
        refused(
                2,
                "28x28 pixels, as this model makes, are not 3 times",
                "upscale",
                ramp,
                "--factor",
                "3");
        refused(2, "not 0 times", "upscale", ramp, "--factor", "0");
        refused(2, "between 2 pictures, not 1", "interpolate", ramp);
        refused(2, "0 to 1, not 1.5", "variations", ramp, "--count", "1", "--strength", "1.5");
        refused(2, "1 is the least", "stroke", ramp, "--count", "0");
        refused(2, "holds one picture, but there will be 2", "stroke", ramp, "--count", "2");
        refused(2, "a sheet is a PNG file", "stroke", ramp, "--sheet", "x.gif");
    }

    @Test
    void results_are_png() {
        CommandRun run = edit("stroke", List.of(ramp), "-o", "x.jpg");
        assertEquals(2, run.exit());
        assertTrue(run.err().startsWith("cm4j: results are PNG pictures, so not x.jpg"), run.err());
    }

    @Test
    void a_folder_of_weights_is_a_model() {
        Path run = folder.resolve("run");
        TinyModel.write(run.resolve("model.safetensors"), 3);
        Path out = folder.resolve("x.png");
        model = run;
        CommandRun ran =
                edit("stroke", List.of(ramp), "--steps", "1", "--label", "1", "-o", out.toString());
        assertEquals(0, ran.exit(), ran.err());
        assertEquals("run", Png.text(out).get("checkpoint"));
    }

    private void refused(int exit, String part, String kind, Path picture, String... more) {
        Path out = folder.resolve("refused.png");
        CommandRun run =
                edit(
                        kind,
                        List.of(picture),
                        Stream.concat(Stream.of("-o", out.toString()), Arrays.stream(more))
                                .toArray(String[]::new));
        String words = kind + " " + String.join(" ", more);
        assertEquals(exit, run.exit(), words + ": " + run.err());
        List<String> lines = run.err().lines().filter(line -> line.startsWith("cm4j: ")).toList();
        assertEquals(1, lines.size(), run.err());
        assertTrue(lines.getFirst().contains(part), words + ": " + run.err());
        assertTrue(Files.notExists(out), words);
    }

    private CommandRun edit(String kind, List<Path> pictures, String... more) {
        return CommandRun.of(
                Stream.of(
                                Stream.of("edit", kind, model.toString()),
                                pictures.stream().map(Path::toString),
                                Arrays.stream(more))
                        .flatMap(part -> part)
                        .toArray(String[]::new));
    }

    private Path picture(String name, int width, int height, int channels) {
        byte[] bytes = new byte[channels * height * width];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 7);
        }
        Path file = folder.resolve(name);
        Png.write(file, new Picture(channels, height, width, bytes), Map.of());
        return file;
    }
}
