package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.Request;
import dev.cm4j.TinyModel;
import dev.cm4j.tensor.Library;
import dev.cm4j.tensor.NativeMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {

    @TempDir Path folder;

    @Test
    void saysWhatIsThere() {
        CommandRun run = CommandRun.of("doctor");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains(Library.path().toString()), run.out());
        assertTrue(run.out().contains("LibTorch     " + Library.torchVersion()), run.out());
        assertTrue(run.out().contains("network      a pass of a tiny one works"), run.out());
        assertTrue(run.out().contains("All is well."), run.out());
    }

    @Test
    void plansTheMemoryOfTraining() {
        CommandRun roomy = CommandRun.of("doctor", "--plan", "--batch", "8", "--memory", "64G");
        assertEquals(0, roomy.exit(), roomy.err());
        assertTrue(roomy.out().startsWith("training digits, "), roomy.out());
        assertTrue(roomy.out().contains("steps of 8 images, within 64.00 GiB"), roomy.out());
        for (String item : List.of("weights", "gradients", "activations", "workspace", "total")) {
            assertTrue(roomy.out().contains("\n" + item + " "), item + " in " + roomy.out());
        }
        assertTrue(roomy.out().contains("The whole batch fits"), roomy.out());
    }

    @Test
    void choosesPartsAndMeasuresThem() {
        String[] words = {"doctor", "--plan", "--precision", "f32", "--batch", "12", "--measure"};
        CommandRun free = CommandRun.of(with(words, "--memory", "64G"));
        assertEquals(0, free.exit(), free.err());
        CommandRun tight = CommandRun.of(with(words, "--memory", needed(free.out(), 0.7)));
        assertEquals(0, tight.exit(), tight.err());
        assertTrue(tight.out().contains("The whole batch does not fit; "), tight.out());
        assertTrue(tight.out().contains("with the same result"), tight.out());
        for (CommandRun run : List.of(free, tight)) {
            Matcher measured = Pattern.compile("Measured: .*, (\\d+)% of").matcher(run.out());
            assertTrue(measured.find(), run.out());
            int share = Integer.parseInt(measured.group(1));
            assertTrue(share > 85 && share < 115, run.out());
        }
    }

    private static String[] with(String[] words, String... more) {
        return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray(String[]::new);
    }

    /** A share of the total that a plan prints, as typed. */
    private static String needed(String out, double share) {
        Matcher total = Pattern.compile("(?m)^total +([0-9.]+) MiB").matcher(out);
        assertTrue(total.find(), out);
        return (long) (share * Double.parseDouble(total.group(1))) + "M";
    }

    @Test
    void plansForATeacherAsLargeAsItsStudent() {
        String[] words = {"doctor", "--plan", "--batch", "8", "--memory", "64G", "-p"};
        CommandRun cd = CommandRun.of(with(words, "digits-cd"));
        assertEquals(0, cd.exit(), cd.err());
        assertTrue(cd.out().contains("\nteacher "), cd.out());
        CommandRun kd = CommandRun.of(with(words, "digits-kd"));
        assertEquals(0, kd.exit(), kd.err());
        assertFalse(kd.out().contains("\nteacher "), kd.out());
        CommandRun measured = CommandRun.of(with(words, "digits-cd", "--measure"));
        assertEquals(2, measured.exit(), measured.err());
        assertTrue(measured.err().contains("preset digits-cd needs a teacher"), measured.err());
        CommandRun lpips = CommandRun.of(with(words, "imagenet64-ct"));
        assertEquals(2, lpips.exit(), lpips.err());
        assertTrue(lpips.err().contains("distance lpips: backbone names"), lpips.err());
    }

    @Test
    void saysThatNothingFits() {
        CommandRun run = CommandRun.of("doctor", "--plan", "--batch", "8", "--memory", "1M");
        assertEquals(1, run.exit(), run.out());
        assertTrue(run.out().contains("Nothing fits"), run.out());
    }

    @Test
    void plansTheMemoryOfSampling() {
        String model = "models/digits.safetensors";
        CommandRun run = CommandRun.of("doctor", "--plan", "--model", model, "--batch", "4");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().startsWith("sampling from " + model), run.out());
        assertTrue(run.out().contains("4 pictures at a time"), run.out());
        TinyModel.write(folder.resolve("model.safetensors"), 3);
        CommandRun ofRun = CommandRun.of("doctor", "--plan", "--model", folder.toString());
        assertEquals(0, ofRun.exit(), ofRun.err());
        CommandRun both = CommandRun.of("doctor", "--plan", "--model", model, "-p", "digits");
        assertEquals(2, both.exit(), both.err());
        assertTrue(both.err().contains("exclude each other"), both.err());
    }

    @Test
    void whatIsPlannedForSamplingIsHeld() {
        Path model = Path.of("models/digits.safetensors");
        CommandRun run =
                CommandRun.of("doctor", "--plan", "--model", model.toString(), "--batch", "32");
        Matcher total = Pattern.compile("total +([0-9.]+) MiB").matcher(run.out());
        assertTrue(total.find(), run.out());
        double planned = Double.parseDouble(total.group(1)) * (1 << 20);
        NativeMemory.resetPeak();
        long before = NativeMemory.now();
        try (ConsistencyPipeline pipeline = ConsistencyPipeline.open(model)) {
            pipeline.generate(Request.of(32).withBatch(32));
        }
        assertEquals(1, (NativeMemory.peak() - before) / planned, 0.1);
    }

    @Test
    void explainsAMissingLibrary() throws Exception {
        CommandProcess process =
                CommandProcess.start("-Dcm4j.native=" + folder.resolve("nothing"), "doctor");
        assertEquals(1, process.exit(), process::text);
        assertTrue(process.text().contains("library      not usable"), process.text());
        assertTrue(process.text().contains("  tried"), process.text());
        assertTrue(process.text().contains("cm4j: "), process.text());
    }

    @Test
    void whatDoesNotWorkIsNotWell() throws Exception {
        requireIll(Map.of("CM4J_KERNELS", "foo"), "CM4J_KERNELS is foo, not one of");
        Path nowhere = folder.resolve("nowhere");
        requireIll(Map.of("CM4J_DATA", nowhere.toString()), "CM4J_DATA names " + nowhere);
        Path file = Files.writeString(folder.resolve("file"), "");
        requireIll(Map.of("CM4J_CACHE", file + "/x"), "CM4J_CACHE names " + file);
        requireIll(
                Map.of("LIBTORCH", nowhere.toString()),
                "LIBTORCH names " + nowhere + ", where there is no lib/libtorch_cpu.so");
    }

    private static void requireIll(Map<String, String> environment, String sentence)
            throws Exception {
        CommandProcess process = CommandProcess.start(environment, "doctor");
        assertEquals(1, process.exit(), process::text);
        assertTrue(process.text().contains("cm4j: "), process::text);
        assertTrue(process.text().contains(sentence), process::text);
        assertFalse(process.text().contains("All is well"), process::text);
    }

    @Test
    void wordsOfAPlanNeedOne() {
        for (String words : List.of("--preset mnist", "--batch 3", "--measure", "--memory 5G")) {
            CommandRun run = CommandRun.of(("doctor " + words).split(" "));
            assertEquals(2, run.exit(), run.out());
            String name = words.split(" ")[0];
            assertTrue(run.err().contains(name + " says something with --plan alone"), run.err());
        }
    }
}
