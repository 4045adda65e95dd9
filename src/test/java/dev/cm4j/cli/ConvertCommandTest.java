package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.TinyModel;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchFile;
import dev.cm4j.checkpoint.TorchWriter;
import dev.cm4j.convert.OpenAiLayout;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.ModelFile;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.testing.RandomWeights;
import dev.cm4j.testing.SharedData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvertCommandTest {

    private static final UNetConfig NETWORK =
            new UNetBuilder()
                    .imageSize(16)
                    .modelChannels(32)
                    .resBlocks(1)
                    .channelMult(List.of(1, 2))
                    .attentionResolutions(List.of(8))
                    .headChannels(16)
                    .classes(10)
                    .build();
    private static final String[] HINTS = {"--image-size", "16", "--head-channels", "16"};

    @TempDir Path folder;
    private Path original;

    @BeforeEach
    void write() {
        original = folder.resolve("cd_small.pt");
        TorchWriter.write(original, RandomWeights.of(OpenAiLayout.of(NETWORK), 1));
    }

    @Test
    void openAiToDiffusersAndBackIsTheSame() {
        Path diffusers = folder.resolve("pipeline");
        Path back = folder.resolve("back.pt");
        String first = succeed(convert(original, diffusers, "--check")).out();
        String second = succeed(convert(diffusers, back, "--check")).out();
        assertEquals(digest(first), digest(second));
        assertTrue(first.contains("40 training levels"), first);
        assertTrue(first.contains("every tensor reads back the same"), first);
        assertSame(original, back);
    }

    @ParameterizedTest
    @CsvSource({
        "x.safetensors, safetensors",
        "x.bin, PyTorch state dict",
        "x.safetensors.index.json, sharded safetensors",
    })
    void everyFormReadsBack(String name, String kind) {
        Path out = folder.resolve(name);
        succeed(convert(original, out, "--check"));
        CommandRun info = CommandRun.of(with(HINTS, "info", out.toString()));
        if (!name.endsWith(".json")) {
            assertTrue(info.out().contains("kind         " + kind), info.out());
        }
        assertTrue(info.out().contains("U-Net 16x16, 3 to 3 channels"), info.out());
        Path back = folder.resolve("back.pt");
        succeed(convert(out, back));
        assertSame(original, back);
    }

    @Test
    void aModelDescribesItself() {
        Path model = folder.resolve("model.safetensors");
        succeed(convert(original, model, "--to", "cm4j", "--check"));
        CommandRun info = CommandRun.of("info", model.toString());
        assertTrue(info.out().contains("kind         cm4j model"), info.out());
        assertTrue(info.out().contains("heads of 16"), info.out());
        Path back = folder.resolve("back.pt");
        succeed(CommandRun.of("convert", model.toString(), back.toString()));
        assertSame(original, back);
    }

    @Test
    void ourModelsBecomeStateDicts() {
        Path tiny = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        Path half = folder.resolve("half.safetensors");
        succeed(
                CommandRun.of(
                        "convert",
                        tiny.toString(),
                        half.toString(),
                        "--to",
                        "cm4j",
                        "--dtype",
                        "bf16",
                        "--check"));
        CommandRun info = CommandRun.of("info", half.toString());
        assertTrue(info.out().contains(" BF16"), info.out());
        assertTrue(info.out().contains("dataset: digits"), info.out());
        CommandRun refused =
                CommandRun.of("convert", tiny.toString(), folder.resolve("d").toString());
        assertRefused(refused, "patch 4 folds pixels");
    }

    @Test
    void ourModelsKeepTheirDescriptionAsSafetensors() {
        Path tiny = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        Path half = folder.resolve("half.safetensors");
        CommandRun run =
                succeed(
                        CommandRun.of(
                                "convert",
                                tiny.toString(),
                                half.toString(),
                                "--dtype",
                                "bf16",
                                "--check"));
        assertEquals("", run.err());
        assertTrue(run.out().contains("half.safetensors, cm4j model"), run.out());
        CommandRun info = CommandRun.of("info", half.toString());
        assertTrue(info.out().contains("pixels folded 4x4"), info.out());
        assertTrue(info.out().contains("dataset: digits"), info.out());
    }

    @Test
    void whatStateDictsDoNotSayIsNamedAndCanBeSaidAgain() {
        Path tiny = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        Path plain = folder.resolve("plain.pt");
        CommandRun run = succeed(convertOurs(tiny, plain, "--check"));
        String[] said = {
            "--image-size", "28", "--head-channels", "32", "--patch", "4", "--scalings", "edm"
        };
        assertTrue(run.err().contains("read it with " + String.join(" ", said)), run.err());
        assertTrue(
                run.err().contains("lost in a PyTorch state dict: the levels it samples at"),
                run.err());
        Path again = folder.resolve("again.safetensors");
        succeed(convertOurs(plain, again, with(said, "--to", "cm4j")));
        assertEquals(
                line("network", CommandRun.of("info", tiny.toString())),
                line("network", CommandRun.of("info", again.toString())));
        assertRefused(convertOurs(plain, again, "--patch", "3"), "not those of a patch of 3");
    }

    @Test
    void whoOpensForeignWeightsIsSentHere() {
        UNetConfig odd = NETWORK.toBuilder().attentionResolutions(List.of(16, 8)).build();
        Path file = folder.resolve("odd.pt");
        TorchWriter.write(file, RandomWeights.of(OpenAiLayout.of(odd), 1));
        CommandRun run = CommandRun.of("sample", file.toString());
        assertRefused(run, "say it once: cm4j convert " + file + " model.safetensors --to cm4j");
        CommandRun info = CommandRun.of("info", file.toString());
        assertTrue(info.out().contains("; give --head-channels or --heads"), info.out());
    }

    @ParameterizedTest
    @CsvSource({
        "info, --heads, 3",
        "info, --scalings, edm",
        "info, --key, foo",
        "info, --variant, fp16",
        "convert, --head-channels, 3",
    })
    void nothingCanBeSaidOfWhatDescribesItself(String command, String option, String value) {
        Path tiny = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        List<String> words = new ArrayList<>(List.of(command, tiny.toString(), option, value));
        if (command.equals("convert")) {
            words.add(folder.resolve("x.pt").toString());
        }
        CommandRun run = CommandRun.of(words.toArray(String[]::new));
        assertEquals(2, run.exit(), run.out());
        assertTrue(run.err().startsWith("cm4j: " + tiny), run.err());
    }

    @Test
    void aCheckRefusesWhatReadsBackAsAnotherModel() {
        Path tiny = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        ModelCard card;
        try (ModelFile model = ModelFile.open(tiny)) {
            card = model.card();
        }
        ModelFile.describe(
                tiny,
                new ModelCard(
                        card.network(),
                        card.scalings(),
                        TimeInput.EDM,
                        card.range(),
                        card.sigmas(),
                        card.data(),
                        card.training()));
        CommandRun noted = succeed(convertOurs(tiny, folder.resolve("x.pt")));
        assertTrue(noted.err().contains("its time input, "), noted.err());
        CommandRun run = convertOurs(tiny, folder.resolve("x.pt"), "--check");
        assertEquals(1, run.exit());
        assertTrue(run.err().contains("another model when it is read back: time input"), run.err());
    }

    private static CommandRun convertOurs(Path in, Path out, String... more) {
        String[] first = {"convert", in.toString(), out.toString()};
        return CommandRun.of(
                Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new));
    }

    private static String line(String name, CommandRun run) {
        return run.out().lines().filter(l -> l.startsWith(name)).findFirst().orElseThrow();
    }

    @Test
    void shardsAreSpreadAndFound() throws IOException {
        Path out = folder.resolve("big.safetensors");
        succeed(convert(original, out, "--shard-size", "200kB", "--check"));
        try (Stream<Path> files = Files.list(folder)) {
            long shards =
                    files.filter(f -> f.toString().matches(".*big-\\d{5}-of-\\d{5}.safetensors"))
                            .count();
            assertTrue(shards > 2, shards + " shards");
        }
    }

    @Test
    void otherTypesAreRoundedAndTooLargeNumbersRefused() {
        Path half = folder.resolve("half.pt");
        succeed(convert(original, half, "--dtype", "f16", "--check"));
        try (TorchFile file = TorchFile.open(half);
                TorchFile full = TorchFile.open(original)) {
            TensorEntry stored = file.entries().get("out.2.weight");
            assertEquals(DType.F16, stored.dtype());
            float value = full.entries().get("out.2.weight").data().get(FLOAT, 0);
            assertEquals(
                    Float.floatToFloat16(value),
                    stored.data().get(ValueLayout.JAVA_SHORT_UNALIGNED, 0));
        }
        Map<String, TensorEntry> large = RandomWeights.of(OpenAiLayout.of(NETWORK), 2);
        large.put("out.2.bias", entry("out.2.bias", 1, 1e5f, 2));
        Path file = folder.resolve("large.pt");
        TorchWriter.write(file, large);
        Path out = folder.resolve("no.pt");
        assertRefused(convert(file, out, "--dtype", "f16"), "out.2.bias has the value 100000.0");
        assertFalse(Files.exists(out));
        succeed(convert(file, out, "--dtype", "bf16"));
    }

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    @Test
    void differencesAreListed() {
        Map<String, TensorEntry> other = RandomWeights.of(OpenAiLayout.of(NETWORK), 1);
        float[] values = other.get("out.2.bias").data().toArray(FLOAT);
        values[1] += .25f;
        other.put("out.2.bias", entry("out.2.bias", values));
        Path file = folder.resolve("other.pt");
        TorchWriter.write(file, other);
        CommandRun same = convert(original, original, "--diff");
        assertEquals(0, same.exit(), same.err());
        CommandRun run = convert(original, file, "--diff");
        assertEquals(1, run.exit());
        assertTrue(
                run.out().contains("different    out.2.bias, 1 elements, by at most 0.250"),
                run.out());
        assertTrue(run.out().endsWith("1 different, 0 misshapen, 0 missing, 0 extra\n"), run.out());
        Path half = folder.resolve("bf16.pt");
        succeed(convert(original, half, "--dtype", "bf16"));
        assertEquals(1, convert(original, half, "--diff").exit());
    }

    @Test
    void nothingIsWrittenUnlessEveryTensorFits() {
        Map<String, TensorEntry> weights =
                new LinkedHashMap<>(RandomWeights.of(OpenAiLayout.of(NETWORK), 3));
        weights.remove("middle_block.2.in_layers.0.bias");
        Path file = folder.resolve("cut.pt");
        TorchWriter.write(file, weights);
        Path out = folder.resolve("out.safetensors");
        assertRefused(convert(file, out), "1 missing: middle_block.2.in_layers.0.bias");
        assertFalse(Files.exists(out));
    }

    @ParameterizedTest
    @CsvSource({
        "--dtype, i8, 2",
        "--from, nothing, 2",
        "--qkv-order, sideways, 2",
        "--shard-size, many, 2",
        "--scalings, none, 2",
        "--head-channels, 0, 2",
        "--from, edm, 1",
        "--from, cloneofsimo, 1",
    })
    void wrongWordsAreNamed(String option, String value, int exit) {
        CommandRun run =
                CommandRun.of(
                        "convert",
                        original.toString(),
                        folder.resolve("o.safetensors").toString(),
                        option,
                        value);
        assertEquals(exit, run.exit(), run.err());
        assertTrue(run.err().startsWith("cm4j: "), run.err());
    }

    @Test
    void aFolderSamplesInAsManyStepsBeforeAndAfter() {
        Path folderOfTheirs = folder.resolve("pipeline");
        Path ours = folder.resolve("ours.safetensors");
        assertEquals(0, convert(original, folderOfTheirs).exit());
        assertEquals(0, convert(folderOfTheirs, ours, "--to", "cm4j").exit());
        for (Path model : List.of(folderOfTheirs, ours)) {
            CommandRun run =
                    CommandRun.of(
                            "sample",
                            model.toString(),
                            "--num",
                            "2",
                            "--out",
                            folder.resolve("x.png").toString());
            assertEquals(0, run.exit(), run.err());
            assertTrue(run.err().contains("onestep"), run.err());
        }
    }

    @Test
    void sampleAndEditKnowWhichWeightsAreMeant() throws IOException {
        Path pipeline = folder.resolve("pipeline");
        assertEquals(0, convert(original, pipeline).exit());
        Path weights = pipeline.resolve("unet/diffusion_pytorch_model.safetensors");
        Files.move(weights, weights.resolveSibling("diffusion_pytorch_model.fp16.safetensors"));
        String picture = folder.resolve("x.png").toString();
        List<String> words = List.of("sample", pipeline.toString(), "-n", "2", "-o", picture);
        assertEquals(1, CommandRun.of(words.toArray(String[]::new)).exit());
        List<String> named = new ArrayList<>(words);
        named.addAll(List.of("--variant", "fp16"));
        CommandRun run = CommandRun.of(named.toArray(String[]::new));
        assertEquals(0, run.exit(), run.err());
        CommandRun edit =
                CommandRun.of(
                        "edit",
                        "denoise",
                        pipeline.toString(),
                        picture,
                        "-o",
                        folder.resolve("y.png").toString(),
                        "--variant",
                        "fp17");
        assertEquals(1, edit.exit(), edit.err());
        assertTrue(edit.err().contains("no weights"), edit.err());
    }

    @Test
    void evaluateKnowsWhichWeightsAreMeant() {
        String data = SharedData.require("mnist").toString();
        Path pipeline = folder.resolve("pipeline");
        assertEquals(0, convert(original, pipeline).exit());
        String model = pipeline.toString();
        CommandRun run = CommandRun.of("evaluate", model, "--variant", "f p", "--data", data);
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains("a variant is a word"), run.err());
    }

    @Test
    void theCheckpointItselfIsNotOverwritten() {
        assertRefused(convert(original, original), "is the checkpoint itself");
    }

    @ParameterizedTest
    @CsvSource({
        "mnist-lenet/khushbujpatel-lenet_mnist-mnist_cnn.pt, not an ADM U-Net",
        "mnist-lenet/wang-xinya-lenet_mnist_model.pth, not an ADM U-Net",
        "mnist-lenet/eshal26-lenet_mnist_model.pth, save model.state_dict() instead",
        "cifar10-resnet/resnet20-12fca82f.th, not an ADM U-Net",
        "mnist-ddpm/yichizz-ddpm_mnist_starter.pth, not an ADM U-Net",
        "mnist-ddpm/willdalh-minDiffusion-ddpm_mnist.pth, not an ADM U-Net",
    })
    void publicCheckpointsOfOtherNetworksAreRefused(String name, String sentence) {
        Path file = SharedData.require("checkpoints/" + name);
        Path out = folder.resolve("out.safetensors");
        assertRefused(CommandRun.of("convert", file.toString(), out.toString()), sentence);
        assertFalse(Files.exists(out));
        CommandRun info = CommandRun.of("info", file.toString());
        boolean module = sentence.startsWith("save");
        assertEquals(module ? 1 : 0, info.exit(), info.err());
        assertTrue(module || info.out().contains("network      none known"), info.out());
    }

    private static CommandRun convert(Path in, Path out, String... options) {
        String[] hints = Files.isDirectory(in) ? new String[0] : HINTS; // a folder says them itself
        return CommandRun.of(with(options, with(hints, "convert", in.toString(), out.toString())));
    }

    private static String[] with(String[] more, String... first) {
        List<String> words = new ArrayList<>(List.of(first));
        words.addAll(List.of(more));
        return words.toArray(String[]::new);
    }

    private static CommandRun succeed(CommandRun run) {
        assertEquals(0, run.exit(), run.err());
        return run;
    }

    private static void assertRefused(CommandRun run, String sentence) {
        assertEquals(1, run.exit(), run.out());
        assertEquals("", run.out());
        String last = run.err().lines().reduce("", (_, line) -> line);
        assertTrue(last.contains(sentence), run.err());
    }

    private static String digest(String out) {
        Matcher matcher = Pattern.compile("sha256 +([0-9a-f]{64})").matcher(out);
        assertTrue(matcher.find(), out);
        return matcher.group(1);
    }

    private static TensorEntry entry(String name, float... values) {
        return new TensorEntry(
                name, DType.F32, new long[] {values.length}, MemorySegment.ofArray(values));
    }

    private static void assertSame(Path a, Path b) {
        try (TorchFile first = TorchFile.open(a);
                TorchFile second = TorchFile.open(b)) {
            assertEquals(
                    List.copyOf(first.entries().keySet()), List.copyOf(second.entries().keySet()));
            first.entries()
                    .forEach(
                            (name, entry) -> assertEquals(entry, second.entries().get(name), name));
        }
    }
}
