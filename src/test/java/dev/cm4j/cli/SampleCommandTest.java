package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.TinyModel;
import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import dev.cm4j.image.Png;
import dev.cm4j.tensor.NativeMemory;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampleCommandTest {

    @TempDir Path folder;

    private CommandRun sample(Path out, String... more) {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        String[] words = {"sample", model.toString(), "--out", out.toString(), "--steps", "1"};
        return CommandRun.of(Stream.of(words, more).flatMap(Arrays::stream).toArray(String[]::new));
    }

    @Test
    void aGridWithRemarks() {
        Path out = folder.resolve("grid.png");
        CommandRun run =
                sample(out, "--num", "6", "--columns", "3", "--scale", "2", "--class", "7");
        assertEquals(0, run.exit(), run.err());
        assertEquals(out + "\n", run.out());
        Picture grid = PictureFile.read(out);
        assertEquals(2 * (3 * 30 + 2), grid.width());
        assertEquals(2 * (2 * 30 + 2), grid.height());
        Map<String, String> remarks = Png.text(out);
        assertEquals("0", remarks.get("seed"));
        assertEquals("7,7,7,7,7,7", remarks.get("labels"));
        assertEquals("onestep 80", remarks.get("sampler"));
        assertEquals(
                FileDigest.sha256(folder.resolve("tiny.safetensors")), remarks.get("checkpoint"));
    }

    @ParameterizedTest
    @CsvSource({
        "--scales 10, --scales has no effect without --timesteps",
        "--frames 3, --frames has no effect without --interpolate",
        "--interpolate 1 2 --num 4, --num has no effect with --interpolate",
        "--interpolate 1 2 --seed 4, --seed has no effect with --interpolate",
        "--rho 3, --rho bends the grid",
        "--image-size 56, says itself what it is",
        "--key ema, says itself what it is",
    })
    void whatWouldHaveNoEffectIsRefused(String words, String sentence) {
        Path out = folder.resolve("x.png");
        CommandRun run = sampleBare(out, words.split(" "));
        assertEquals(2, run.exit());
        assertTrue(run.err().contains(sentence), run.err());
        assertFalse(Files.exists(out));
    }

    private CommandRun sampleBare(Path out, String... more) {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        String[] words = {"sample", model.toString(), "--out", out.toString()};
        return CommandRun.of(Stream.of(words, more).flatMap(Arrays::stream).toArray(String[]::new));
    }

    @Test
    void aGridsOptionsNeedAGrid() {
        CommandRun run = sample(folder.resolve("x.npz"), "--columns", "3");
        assertEquals(2, run.exit());
        assertTrue(run.err().contains("--columns has no effect on "), run.err());
    }

    @Test
    void otherKindsOfPicturesAreRefused() {
        CommandRun run = sample(folder.resolve("x.jpg"), "--num", "2");
        assertEquals(2, run.exit());
        assertTrue(run.err().contains("x.png, x.npz or a folder of PNG"), run.err());
        assertFalse(Files.exists(folder.resolve("x.jpg")));
    }

    @Test
    void oldPicturesDoNotMixWithNewOnes() {
        Path out = folder.resolve("pictures");
        assertEquals(0, sample(out, "--num", "3").exit());
        assertEquals(0, sample(out, "--num", "3", "--seed", "1").exit());
        CommandRun run = sample(out, "--num", "2");
        assertEquals(2, run.exit());
        assertTrue(run.err().contains("holds other pictures, such as 2_000002.png"), run.err());
        assertEquals(2, sample(out, "--num", "3", "--class", "4").exit());
    }

    @Test
    void aLongListOfLevelsIsCutShortForPeople() {
        Path out = folder.resolve("x.png");
        CommandRun run = sampleBare(out, "--num", "1", "--steps", "100");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.err().contains("(100 levels)"), run.err());
        assertTrue(run.err().length() < 500, run.err());
        assertEquals(100, Png.text(out).get("sampler").split(",").length);
    }

    @Test
    void aCheckpointIsWhatItsRunTrains() {
        Path out = folder.resolve("run");
        CommandRun trained = CommandRun.of("train", "--steps", "2", "--out", out.toString());
        assertEquals(0, trained.exit(), trained.err());
        CommandRun run =
                CommandRun.of(
                        "sample",
                        out.resolve("ckpt-00000002").toString(),
                        "--num",
                        "1",
                        "--out",
                        folder.resolve("x.png").toString());
        assertEquals(0, run.exit(), run.err());
        assertFalse(run.err().contains("note: the file does not say"), run.err());
        assertTrue(run.err().contains("multistep 80,"), run.err());
    }

    @Test
    void arraysAsTheOriginalHasThem() {
        Path out = folder.resolve("x.npz");
        assertEquals(0, sample(out, "--num", "3", "--class", "1,2").exit());
        try (NpzFile file = NpzFile.open(out)) {
            assertEquals(List.of(3L, 28L, 28L, 1L), shape(file, "arr_0"));
            assertEquals(List.of(3L), shape(file, "arr_1"));
        }
    }

    @Test
    void aFolderOfSingleFiles() {
        Path out = folder.resolve("pictures");
        assertEquals(0, sample(out, "--num", "2", "--class", "4").exit());
        assertEquals(28, PictureFile.read(out.resolve("4_000001.png")).width());
    }

    @Test
    void theSameWordsGiveTheSameFile() throws Exception {
        Path one = folder.resolve("one.png");
        Path two = folder.resolve("two.png");
        sample(one, "--num", "4", "--seed", "9", "--precision", "f32");
        sample(two, "--num", "4", "--seed", "9", "--precision", "f32");
        assertEquals(-1, Files.mismatch(one, two));
    }

    @Test
    void thePrecisionIsTheOneAskedFor() throws Exception {
        Path wide = folder.resolve("wide.npz");
        Path half = folder.resolve("half.npz");
        sample(wide, "--num", "4", "--seed", "9", "--precision", "f32");
        assertEquals(0, sample(half, "--num", "4", "--seed", "9", "--precision", "f16").exit());
        assertNotEquals(-1, Files.mismatch(wide, half));
    }

    @Test
    void badWordsAreMisuse() {
        Path out = folder.resolve("x.png");
        for (String[] wrong :
                new String[][] {
                    {"--class", "10"},
                    {"--columns", "0"},
                    {"--scale", "0"},
                    {"--batch", "0"},
                    {"--threads", "0"},
                    {"--sigmas", "80"}, // and --steps
                }) {
            CommandRun run = sample(out, wrong);
            assertEquals(2, run.exit(), String.join(" ", wrong));
            assertTrue(run.err().startsWith("cm4j: "), run.err());
            assertTrue(Files.notExists(out));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "onestep, onestep 80",
        "multistep --steps 3, 'multistep 80,7.747,0.2275'",
        "multistep --middle ict-cifar10, 'multistep 80,0.821'",
        "gamma --steps 2 --gamma 0.3, 'gamma 0.3 at 80,0.8'",
        "euler --nfe 5, 'euler 5 steps, 5 evaluations'",
        "heun --nfe 5 --churn 1 --churn-range 0.05;50, 'heun churn 1.0 3 steps, 5 evaluations'",
        "dpm --nfe 5 --rho 5, 'dpm 2 steps, 4 evaluations'",
        "dpm-fast --nfe 5, dpm-fast 5 evaluations",
        "dpm++2m --steps 5, 'dpm++2m 5 steps, 5 evaluations'",
        "deis --steps 4 --order 2, 'deis of order 2 4 steps, 4 evaluations'",
        "ddim --steps 4 --eta 0.5, 'ddim eta 0.5 4 steps, 4 evaluations'",
        "ancestral --steps 4, 'ancestral 4 steps, 4 evaluations'",
        "progdist --steps 4, 'progdist 4 steps, 4 evaluations'",
        "es-ddpm --nfe 6 --from MODEL --from-sigma 3, "
                + "'es-ddpm from multistep 80,0.8 by ddim eta 0.0 4 steps, 4 evaluations'",
    })
    void everySamplerHasItsWords(String words, String remark) {
        Path out = folder.resolve("x.png");
        CommandRun run = withSampler(out, words, "--num", "2");
        assertEquals(0, run.exit(), run.err());
        assertEquals(remark, Png.text(out).get("sampler"));
    }

    private CommandRun withSampler(Path out, String words, String... more) {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        String typed = words.replace("MODEL", model.toString()).replace(';', ',');
        String[] fixed = {"sample", model.toString(), "--out", out.toString(), "--sampler"};
        return CommandRun.of(
                Stream.of(fixed, typed.split(" "), more)
                        .flatMap(Arrays::stream)
                        .toArray(String[]::new));
    }

    @Test
    void theTraceHasAColumnForEachStep() {
        Path out = folder.resolve("x.png");
        Path strip = folder.resolve("strip.png");
        CommandRun run =
                withSampler(
                        out,
                        "euler --steps 3",
                        "--num=5",
                        "--batch=2",
                        "--scale=1",
                        "--trace",
                        strip.toString());
        assertEquals(0, run.exit(), run.err());
        assertEquals(out + "\n" + strip + "\n", run.out());
        assertEquals(3 * 30 + 2, PictureFile.read(strip).width());
        assertEquals(2 * 30 + 2, PictureFile.read(strip).height());
    }

    @Test
    void framesFromSeedToSeedAndClassToClass() {
        Path frames = folder.resolve("frames");
        CommandRun run =
                sample(
                        frames,
                        "--interpolate",
                        "4",
                        "9",
                        "--class=2,5",
                        "--frames=12",
                        "--precision=f32");
        assertEquals(0, run.exit(), run.err());
        Path first = folder.resolve("first");
        Path last = folder.resolve("last");
        sample(first, "--seed=4", "--class=2", "--num=1", "--precision=f32");
        sample(last, "--seed=9", "--class=5", "--num=1", "--precision=f32");
        assertNear(first.resolve("2_000000.png"), frames.resolve("000000.png"));
        assertNear(last.resolve("5_000000.png"), frames.resolve("000011.png"));
    }

    /** Equal but for the rounding to bytes. */
    private static void assertNear(Path expected, Path actual) {
        byte[] one = PictureFile.read(expected).bytes();
        byte[] two = PictureFile.read(actual).bytes();
        for (int i = 0; i < one.length; i++) {
            assertEquals(one[i] & 0xff, two[i] & 0xff, 1);
        }
    }

    @Test
    void guidanceOfEveryKind() {
        Path plain = folder.resolve("plain");
        sample(plain, "--num=1", "--precision=f32");
        String model = folder.resolve("tiny.safetensors").toString();
        for (String words : List.of("--guidance-kind=embedding", "--weak=" + model)) {
            Path guided = folder.resolve("guided");
            CommandRun run = sample(guided, "--num=1", "--precision=f32", "--guidance=1", words);
            assertEquals(0, run.exit(), run.err());
            assertNear(plain.resolve("0_000000.png"), guided.resolve("0_000000.png"));
        }
        CommandRun none = sample(plain, "--guidance=2");
        assertEquals(2, none.exit());
        assertTrue(none.err().contains("label dropout"), none.err());
    }

    @Test
    void ctrlCWritesNothing() throws Exception {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        Path out = folder.resolve("never.png");
        CommandProcess process =
                CommandProcess.start("sample", model.toString(), "--num=1000000", "--out=" + out);
        process.await("step "); // the first progress line
        process.interrupt();
        assertEquals(130, process.exit(), process::text);
        assertTrue(process.text().contains("interrupted, nothing was written"), process.text());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(model), left.toList());
        }
    }

    @Test
    void stackTracesOnlyOnRequest() throws Exception {
        Path bad = Files.writeString(folder.resolve("bad.safetensors"), "nonsense");
        CommandRun quiet = CommandRun.of("sample", bad.toString());
        assertEquals(1, quiet.exit());
        assertEquals(1, quiet.err().lines().count(), quiet.err());
        CommandRun loud = CommandRun.of("sample", bad.toString(), "--verbose");
        assertTrue(loud.err().contains("\tat dev.cm4j"), loud.err());
    }

    @Test
    void exhaustedMemoryIsOneSentence() {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        NativeMemory.limit(NativeMemory.now() + 10_000);
        CommandRun run;
        try {
            run =
                    CommandRun.of(
                            "sample",
                            model.toString(),
                            "--num",
                            "2048",
                            "--batch",
                            "2048",
                            "--out",
                            folder.resolve("x.png").toString());
        } finally {
            NativeMemory.limit(0);
        }
        assertEquals(1, run.exit(), run.err());
        String last = run.err().lines().toList().getLast();
        assertTrue(last.startsWith("cm4j: out of memory: "), run.err());
        assertTrue(last.endsWith("try a smaller --batch"), run.err());
        assertFalse(run.err().contains("\tat "), run.err());
    }

    @Test
    void anExhaustedHeapIsOneSentence() {
        StringWriter err = new StringWriter();
        int exit =
                Main.orFailed(
                        () -> {
                            throw new OutOfMemoryError("Java heap space");
                        },
                        new PrintWriter(err, true));
        assertEquals(1, exit);
        assertEquals(
                "cm4j: the Java heap is exhausted (Java heap space); try a smaller --batch, or"
                        + " JAVA_OPTS=-Xmx with more",
                err.toString().strip());
    }

    private static List<Long> shape(NpzFile file, String name) {
        return Arrays.stream(file.entry(name).shape()).boxed().toList();
    }
}
