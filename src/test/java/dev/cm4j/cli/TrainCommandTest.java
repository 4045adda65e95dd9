package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import dev.cm4j.image.Png;
import dev.cm4j.preset.ModelFile;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.SharedData;
import dev.cm4j.train.CheckpointFolder;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.ScoresCsv;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {

    private static final List<String> FILES =
            List.of(
                    "model.safetensors",
                    "samples.png",
                    "metrics.csv",
                    "run.txt",
                    "run.json",
                    "README.md",
                    "report.html");

    @TempDir Path folder;

    private String[] words(Path out, String... more) {
        List<String> words = new ArrayList<>(List.of("train", "--out", out.toString()));
        words.addAll(List.of("--batch", "4", "--precision", "f32", "--seed", "5"));
        words.addAll(List.of("--set", "network.res_blocks=1", "--set", "network.channel_mult=[1]"));
        words.addAll(List.of("--set", "network.attention_resolutions=[]"));
        words.addAll(List.of(more));
        return words.toArray(String[]::new);
    }

    @Test
    void theIdealDenoiserIsThatOfTheData() {
        Path out = folder.resolve("run");
        CommandRun run =
                CommandRun.of(
                        words(
                                out,
                                "--steps",
                                "2",
                                "--set",
                                "method.phases.1.objective.ideal=exponential"));
        assertEquals(0, run.exit(), run.err());
        CommandRun unknown =
                CommandRun.of(words(out, "--set", "method.phases.1.objective.ideal=midpoint"));
        assertEquals(2, unknown.exit(), unknown.err());
        assertTrue(unknown.err().contains("ideal"), unknown.err());
        assertTrue(unknown.err().contains("heun"), unknown.err());
    }

    @Test
    void aRunLeavesModelPictureAndLogs() throws Exception {
        Path out = folder.resolve("run");
        CommandRun run = CommandRun.of(words(out, "--steps", "3"));
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().startsWith("finished after 3 steps, 12 images"), run.out());
        assertTrue(run.out().contains("next: cm4j sample " + out), run.out());
        for (String name : FILES) {
            assertTrue(Files.exists(out.resolve(name)), name);
        }
        assertEquals(1, PictureFile.read(out.resolve("samples.png")).channels());
        Path grid = folder.resolve("x.png");
        CommandRun sample =
                CommandRun.of(
                        "sample",
                        out.resolve("model.safetensors").toString(),
                        "--num",
                        "2",
                        "--out",
                        grid.toString());
        assertEquals(0, sample.exit(), sample.err());
    }

    @Test
    void aScoredRunKeepsItsBest() throws Exception {
        Path data = SharedData.require("checkpoints/mnist-lenet").getParent().getParent();
        Path out = folder.resolve("run");
        List<String> scoring =
                List.of("--data-dir", data.toString(), "--eval-every", "2steps", "--eval-num", "8");
        List<String> more = new ArrayList<>(scoring);
        more.addAll(List.of("--steps", "4", "--keep-best", "2"));
        more.addAll(List.of("--checkpoint-every", "1steps", "--keep-last", "3"));
        CommandRun run = CommandRun.of(words(out, more.toArray(String[]::new)));
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains("best       " + out.resolve("best.safetensors")), run.out());
        var scores = new ScoresCsv(RunFolder.scores(out)).byStep();
        assertEquals(Set.of(2L, 4L), scores.keySet());
        long best = scores.get(2L) <= scores.get(4L) ? 2 : 4;
        assertEquals(best, steps(out.resolve("best.safetensors")));
        assertEquals(6 - best, steps(out.resolve("best-2.safetensors")));
        assertEquals(3, new CheckpointFolder(out).list().size());
        assertTrue(Files.readString(out.resolve("report.html")).contains("Score, fid-digits"));

        Files.delete(out.resolve("report.html"));
        CommandRun report = CommandRun.of("report", out.toString());
        assertEquals(0, report.exit(), report.err());
        assertEquals(out.resolve("report.html") + "\n", report.out());
        assertTrue(Files.exists(out.resolve("report.html")));

        List<String> resumed = new ArrayList<>(List.of("train", "--resume", "--out", out + ""));
        resumed.addAll(scoring);
        resumed.addAll(List.of("--steps", "6", "--keep-best", "1", "--precision", "f32"));
        CommandRun again = CommandRun.of(resumed.toArray(String[]::new));
        assertEquals(0, again.exit(), again.err());
        scores = new ScoresCsv(RunFolder.scores(out)).byStep();
        assertEquals(Set.of(2L, 4L, 6L), scores.keySet());
        long lowest = scores.entrySet().stream().min(Map.Entry.comparingByValue()).get().getKey();
        assertEquals(lowest, steps(out.resolve("best.safetensors")));
    }

    @Test
    void coloursAreScoredByAnotherNetworkAgainstTheRunsOwnData() throws Exception {
        Path weights = SharedData.require("checkpoints/cifar10-resnet/resnet20-12fca82f.th");
        Path data = folder.resolve("colours.npz");
        byte[] pixels = new byte[24 * 32 * 32 * 3];
        new Random(11).nextBytes(pixels);
        try (var _ = Scope.open()) {
            Tensor arrays = Tensor.of(pixels).reshape(24, 32, 32, 3);
            var entry = new TensorEntry("arr_0", DType.U8, arrays.shape(), arrays.asSegment());
            NpzFile.write(data, Map.of("arr_0", entry));
        }
        Path out = folder.resolve("run");
        String[] scoring = {
            "--eval-every", "1steps", "--eval-num", "6", "--eval-weights", weights.toString()
        };
        List<String> plain = new ArrayList<>(List.of("--preset", "cifar10", "--data", data + ""));
        plain.addAll(List.of("--set", "network.classes=0", "--set", "data.class_names=[]"));
        plain.addAll(
                List.of(
                        "--set",
                        "network.model_channels=32",
                        "--set",
                        "network.head_channels=32",
                        "--steps",
                        "2"));
        List<String> scored = new ArrayList<>(plain);
        scored.addAll(List.of(scoring));
        scored.addAll(List.of("--eval-metrics", "fid,kid"));
        CommandRun run = CommandRun.of(words(out, scored.toArray(String[]::new)));
        assertEquals(0, run.exit(), run.err());
        String table = Files.readString(RunFolder.scores(out));
        assertTrue(table.startsWith("step,images,seconds,fid_cifar_resnet,kid,"), table);
        assertEquals(Set.of(1L, 2L), new ScoresCsv(RunFolder.scores(out)).byStep().keySet());
        assertTrue(Files.exists(out.resolve("best.safetensors")));
        String report = Files.readString(out.resolve("report.html"));
        assertTrue(report.contains("Score, fid-cifar-resnet"));

        List<String> other = new ArrayList<>(List.of("train", "--resume", "--out", out + ""));
        other.addAll(List.of("--data", data + "", "--steps", "3", "--precision", "f32"));
        other.addAll(List.of(scoring));
        other.addAll(List.of("--eval-metrics", "kid"));
        CommandRun again = CommandRun.of(other.toArray(String[]::new));
        assertEquals(2, again.exit(), again.err());
        assertTrue(
                again.err().contains("ranked by fid_cifar_resnet so far, not by kid"), again.err());

        for (String wrong : List.of("is", "fid,lpips")) {
            List<String> refused = new ArrayList<>(plain);
            refused.addAll(List.of(scoring));
            refused.addAll(List.of("--eval-metrics", wrong));
            CommandRun none =
                    CommandRun.of(words(folder.resolve("none"), refused.toArray(String[]::new)));
            assertEquals(2, none.exit(), none.err());
            assertTrue(none.err().contains("--eval-metrics takes fid, sfid, is, pr and kid"));
        }
    }

    @Test
    void aJudgeMustSeeThePictures() {
        CommandRun run =
                CommandRun.of(
                        words(
                                folder.resolve("run"),
                                "--steps",
                                "1",
                                "--eval-every",
                                "1",
                                "--eval-features",
                                "cifar-resnet"));
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains("cifar-resnet colours of 32x32"), run.err());
    }

    private static long steps(Path model) {
        try (ModelFile file = ModelFile.open(model)) {
            return file.card().training().steps();
        }
    }

    @Test
    void aScoreNeedsAJudgeAndAPace() {
        CommandRun judge =
                CommandRun.of(
                        words(
                                folder.resolve("run"),
                                "--steps",
                                "1",
                                "--eval-every",
                                "1",
                                "--classifier",
                                "nowhere.pt"));
        assertEquals(2, judge.exit(), judge.err());
        assertTrue(
                judge.err().contains("nowhere.pt does not exist; give --eval-weights"),
                judge.err());
        CommandRun pace = CommandRun.of(words(folder.resolve("run"), "--eval-every", "1.5steps"));
        assertEquals(2, pace.exit(), pace.err());
        assertTrue(pace.err().contains("write minutes as 2.5 or steps as 500steps"), pace.err());
    }

    @Test
    void aBatchIsTakenInPartsWhereMemoryIsShort() {
        CommandRun parts =
                CommandRun.of(words(folder.resolve("parts"), "--steps", "1", "--microbatch", "2"));
        assertEquals(0, parts.exit(), parts.err());
        assertTrue(parts.err().contains("steps of 4 images in 2 parts of 2,"), parts.err());
        CommandRun odd =
                CommandRun.of(words(folder.resolve("odd"), "--steps", "1", "--microbatch", "3"));
        assertEquals(2, odd.exit(), odd.err());
        assertTrue(odd.err().contains("not a multiple of micro-batch 3"), odd.err());
        CommandRun short_ =
                CommandRun.of(words(folder.resolve("short"), "--steps", "1", "--memory", "2M"));
        assertEquals(2, short_.exit(), short_.err());
        assertTrue(short_.err().contains("more than the limit of 2.0 MiB"), short_.err());
        assertEquals(0, NativeMemory.limit());
    }

    @Test
    void aRunGoesOnWhereItEnded() {
        Path out = folder.resolve("run");
        assertEquals(0, CommandRun.of(words(out, "--steps", "2")).exit());
        CommandRun again = CommandRun.of(words(out, "--steps", "3"));
        assertEquals(2, again.exit(), again.err());
        assertTrue(again.err().contains("resume"), again.err());
        CommandRun resumed =
                CommandRun.of(
                        "train",
                        "--resume",
                        "--out",
                        out.toString(),
                        "--steps",
                        "3",
                        "--precision",
                        "f32");
        assertEquals(0, resumed.exit(), resumed.err());
        assertTrue(resumed.out().startsWith("finished after 3 steps, 12 images"), resumed.out());
    }

    @Test
    void aPresetOfTheMethodIsTakenAsItIs() {
        for (String preset : List.of("digits", "digits-ct")) {
            CommandRun run =
                    CommandRun.of(
                            words(
                                    folder.resolve(preset),
                                    "--preset",
                                    preset,
                                    "--method",
                                    "isolation",
                                    "--steps",
                                    "1"));
            assertEquals(0, run.exit(), run.err());
            assertTrue(run.err().contains("digits-ct: 20,000 images"), run.err());
        }
    }

    @Test
    void aResumedRunKeepsItsRecipe() {
        Path out = folder.resolve("run");
        assertEquals(0, CommandRun.of(words(out, "--steps", "1")).exit());
        CommandRun changed =
                CommandRun.of("train", "--resume", "--out", out.toString(), "--batch", "8");
        assertEquals(2, changed.exit(), changed.err());
        assertTrue(changed.err().contains("optim.batch_size=8"), changed.err());
    }

    @Test
    void ctrlCSavesAndExitsWith130() throws Exception {
        Path out = folder.resolve("run");
        CommandProcess process = CommandProcess.start(words(out, "--minutes", "30"));
        process.await("step "); // the first progress line
        process.interrupt();
        assertEquals(130, process.exit(), process::text);
        assertTrue(process.text().contains("interrupted after "), process.text());
        assertTrue(process.text().contains("next: cm4j train --resume"), process.text());
        assertTrue(Files.exists(out.resolve("latest")), process.text());
        CommandRun info = CommandRun.of("info", out.resolve("model.safetensors").toString());
        assertEquals(0, info.exit(), info.err());
    }

    @Test
    void aFolderPresetAsksForItsFolder() {
        CommandRun run =
                CommandRun.of(words(folder.resolve("run"), "--set", "data.dataset=folder"));
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains("--data"), run.err());
    }

    @Test
    void howToScoreNeedsHowOften() {
        Path out = folder.resolve("run");
        for (String option : List.of("--eval-num", "--eval-metrics", "--keep-best")) {
            String value = option.equals("--eval-metrics") ? "fid" : "3";
            CommandRun run = CommandRun.of(words(out, "--steps", "1", option, value));
            assertEquals(2, run.exit(), run.err());
            assertTrue(run.err().contains(option + " says how a run is scored"), run.err());
            assertFalse(Files.exists(out));
        }
    }

    @Test
    void badPicturesAreLeftOutWhereThatIsWanted() throws Exception {
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        byte[] bytes = new byte[28 * 28];
        for (int i = 0; i < 3; i++) {
            Png.write(pictures.resolve(i + ".png"), new Picture(1, 28, 28, bytes), Map.of());
        }
        Files.writeString(pictures.resolve("bad.png"), "no picture");
        Files.writeString(pictures.resolve("x.webp"), "RIFF");
        Path out = folder.resolve("run");
        String[] plain = {
            "--data",
            pictures + "",
            "--steps",
            "1",
            "--set",
            "network.classes=0",
            "--set",
            "data.class_names=[]"
        };
        CommandRun refused = CommandRun.of(words(out, plain));
        assertEquals(1, refused.exit(), refused.err());
        assertTrue(refused.err().contains("bad.png"), refused.err());
        List<String> skipping = new ArrayList<>(List.of(plain));
        skipping.add("--skip-bad");
        CommandRun run = CommandRun.of(words(out, skipping.toArray(String[]::new)));
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.err().contains("1 file does not end in .jpg"), run.err());
        assertTrue(run.err().contains("1 picture cannot be read and is left out: "), run.err());
        assertTrue(run.err().contains("3 images"), run.err());
    }
}
