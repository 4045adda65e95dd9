package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.PendingTensor;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.ShardedSafetensors;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchWriter;
import dev.cm4j.checkpoint.WriteProgress;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of diffusers: written, opened, and refused by the name of what does not fit. */
class DiffusersFolderTest {

    private static final UNetConfig SMALL = SmallNetworks.residual();
    private static final Optional<String> USUAL = Optional.empty();

    @TempDir private Path temporary;

    private Path written(UNetConfig config) {
        Path folder = temporary.resolve("pipeline");
        DiffusersFolder.write(
                folder,
                config,
                SchedulerConfig.DEFAULT.withTrainTimesteps(201),
                SmallNetworks.weights(config),
                DType.F32,
                USUAL);
        return folder;
    }

    @Test
    void what_is_written_is_opened_unchanged() {
        for (UNetConfig config : SmallNetworks.all()) {
            Path folder = temporary.resolve("p" + config.hashCode());
            DiffusersFolder.write(
                    folder,
                    config,
                    SchedulerConfig.DEFAULT,
                    SmallNetworks.weights(config),
                    DType.F32,
                    USUAL);
            try (DiffusersFolder opened = DiffusersFolder.open(folder, USUAL)) {
                assertEquals(
                        DiffusersUNetConfig.write(config),
                        DiffusersUNetConfig.write(opened.network()));
                assertEquals(SchedulerConfig.DEFAULT, opened.scheduler());
                assertEquals(SmallNetworks.weights(config), opened.entries());
                assertEquals(
                        List.copyOf(OpenAiLayout.of(config).keySet()),
                        List.copyOf(opened.entries().keySet()));
            }
        }
    }

    @Test
    void a_second_variant_joins_the_first() {
        Path folder = written(SMALL);
        Map<String, TensorEntry> weights = SmallNetworks.weights(SMALL);
        SchedulerConfig scheduler = SchedulerConfig.DEFAULT.withTrainTimesteps(201);
        DiffusersFolder.write(folder, SMALL, scheduler, weights, DType.F16, Optional.of("fp16"));
        try (DiffusersFolder half = DiffusersFolder.open(folder, Optional.of("fp16"));
                DiffusersFolder full = DiffusersFolder.open(folder, USUAL)) {
            assertEquals(weights, full.entries());
            assertEquals(DType.F16, half.entries().get("out.2.weight").dtype());
        }
        UNetConfig other = SMALL.withClasses(11);
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        DiffusersFolder.write(
                                folder,
                                other,
                                scheduler,
                                SmallNetworks.weights(other),
                                DType.F32,
                                USUAL));
    }

    @Test
    void shards_and_bin_files_are_opened_too() throws IOException {
        Path folder = written(SMALL);
        Path unet = folder.resolve("unet");
        Path single = unet.resolve("diffusion_pytorch_model.safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(single)) {
            TorchWriter.write(unet.resolve("diffusion_pytorch_model.bin"), file.entries());
            ShardedSafetensors.write(
                    unet.resolve("diffusion_pytorch_model.fp16.safetensors.index.json"),
                    PendingTensor.of(file.entries()),
                    200_000,
                    WriteProgress.NONE);
        }
        Files.delete(single);
        try (DiffusersFolder bin = DiffusersFolder.open(folder, USUAL);
                DiffusersFolder shards = DiffusersFolder.open(folder, Optional.of("fp16"))) {
            assertEquals(SmallNetworks.weights(SMALL), bin.entries());
            assertEquals(SmallNetworks.weights(SMALL), shards.entries());
        }
        Files.move(
                unet.resolve("diffusion_pytorch_model.fp16.safetensors.index.json"),
                unet.resolve("diffusion_pytorch_model.safetensors.index.fp16.json"));
        DiffusersFolder.open(folder, Optional.of("fp16")).close(); // as diffusers calls it
        Files.delete(unet.resolve("diffusion_pytorch_model.bin"));
        refused(folder, "no weights");
    }

    @Test
    void weights_of_another_network_are_listed_and_nothing_is_written() throws IOException {
        Map<String, TensorEntry> weights = new HashMap<>(SmallNetworks.weights(SMALL));
        weights.remove("out.2.bias");
        TensorEntry first = weights.remove("time_embed.0.weight");
        weights.put("time_embed.0.weight", weights.get("out.0.weight"));
        weights.put("extra", first);
        var refusal =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                DiffusersFolder.write(
                                        temporary.resolve("p"),
                                        SMALL,
                                        SchedulerConfig.DEFAULT,
                                        weights,
                                        DType.F32,
                                        USUAL));
        for (String part :
                List.of("1 missing: out.2.bias", "1 unknown: extra", "time_embed.0.weight is [")) {
            assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        }
        try (var inside = Files.list(temporary)) {
            assertEquals(List.of(), inside.toList());
        }
    }

    @Test
    void a_folder_with_weights_of_another_network_is_refused() throws IOException {
        Path folder = written(SMALL);
        change(
                folder,
                "unet/config.json",
                "\"num_class_embeds\": 10",
                "\"num_class_embeds\": null");
        refused(folder, "1 unknown: class_embedding.weight");
    }

    @Test
    void options_that_make_another_network_are_refused_by_name() throws IOException {
        Path folder = written(SMALL);
        String[][] changes = {
            {"\"act_fn\": \"silu\"", "\"act_fn\": \"gelu\"", "option act_fn"},
            {"\"add_attention\": true", "\"add_attention\": false", "option add_attention"},
            {"\"norm_eps\": 1e-05", "\"norm_eps\": 1e-06", "option norm_eps"},
            {"\"norm_num_groups\": 32", "\"norm_num_groups\": 16", "option norm_num_groups"},
            {
                "\"class_embed_type\": null",
                "\"class_embed_type\": \"timestep\"",
                "class_embed_type"
            },
            {"\"flip_sin_to_cos\": true", "\"flip_sin_to_cos\": false", "flip_sin_to_cos"},
            {"\"freq_shift\": 0", "\"freq_shift\": 1", "option freq_shift"},
            {"positional", "fourier", "option time_embedding_type"},
            {"UNetMidBlock2D", "UNetMidBlock2DCrossAttn", "option mid_block_type"},
            {"\"AttnDownBlock2D\"", "\"KDownBlock2D\"", "KDownBlock2D"},
            {"\"AttnUpBlock2D\"", "\"ResnetUpsampleBlock2D\"", "up_block_types"},
            {"\"time_embedding_dim\": null", "\"time_embedding_dim\": 64", "time_embedding_dim"},
            {"\"sample_size\": 16", "\"sample_size\": [16, 8]", "option sample_size"},
            {"\"layers_per_block\": 1", "\"layers_per_block\": \"1\"", "layers_per_block"},
            {
                "\"center_input_sample\": false",
                "\"center_input_sample\": true",
                "center_input_sample"
            },
            {"\"layers_per_block\": 1", "\"layers_per_block\": 199999999", "1 to 256"},
            {"UNet2DModel", "UNet2DConditionModel", "option _class_name"},
            {"\"sample_size\": 16", "\"sample_size\": 15", "imageSize 15"},
            {"{", "{{", "broken JSON"},
        };
        Path file = folder.resolve("unet/config.json");
        String good = Files.readString(file);
        for (String[] change : changes) {
            assertTrue(good.contains(change[0]), change[0]);
            Files.writeString(file, good.replaceFirst(quoted(change[0]), change[1]));
            refused(folder, change[2]);
        }
        Files.delete(file);
        refused(folder, "no such file");
    }

    private static String quoted(String text) {
        return Pattern.quote(text);
    }

    @Test
    void a_middle_attention_without_its_norm_is_refused() throws IOException {
        Path folder = written(SMALL);
        change(
                folder,
                "unet/config.json",
                "\"attn_norm_num_groups\": 32",
                "\"attn_norm_num_groups\": null");
        try (DiffusersFolder opened = DiffusersFolder.open(folder, USUAL)) { // the norm is there
            assertTrue(opened.entries().containsKey("middle_block.1.norm.weight"));
        }
        Path file = folder.resolve("unet/diffusion_pytorch_model.safetensors");
        rewrite(
                file,
                tensors ->
                        tensors.keySet()
                                .removeIf(name ->
                                        name.startsWith("mid_block.attentions.0.group_norm")));
        refused(folder, "option attn_norm_num_groups");
    }

    private static void rewrite(Path file, Consumer<Map<String, TensorEntry>> change)
            throws IOException {
        Path copy = file.resolveSibling("copy.safetensors");
        try (SafetensorsFile open = SafetensorsFile.open(file)) {
            Map<String, TensorEntry> tensors = new HashMap<>(open.entries());
            change.accept(tensors);
            SafetensorsFile.write(copy, tensors, Map.of());
        }
        Files.move(copy, file, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void another_pipeline_or_scheduler_is_refused() throws IOException {
        Path folder = written(SMALL);
        change(folder, "model_index.json", "ConsistencyModelPipeline", "DDPMPipeline");
        refused(folder, "DDPMPipeline");
        change(folder, "model_index.json", "DDPMPipeline", "ConsistencyModelPipeline");
        change(
                folder,
                "scheduler/scheduler_config.json",
                "\"sigma_min\": 0.002",
                "\"sigma_min\": 90.0");
        refused(folder, "sigmaMin is 90.0");
        assertThrows(
                IllegalArgumentException.class,
                () -> DiffusersFolder.open(folder, Optional.of("../fp16")));
    }

    @Test
    void networks_without_words_in_diffusers_are_refused_by_name() {
        UNetBuilder small = SMALL.toBuilder();
        requireInexpressible(SMALL.withQkvOrder(QkvOrder.HEAD_THREE), "qkvOrder");
        requireInexpressible(SMALL.withPatch(2), "patch 2");
        requireInexpressible(
                small.resblockUpdown(false).convResample(false).build(), "convResample");
        requireInexpressible(
                SMALL.toBuilder()
                        .channelMult(List.of(1, 2))
                        .attentionResolutions(List.of(16, 8))
                        .headChannels(-1)
                        .heads(2)
                        .build(),
                "heads 2");
    }

    private static void requireInexpressible(UNetConfig config, String part) {
        var refusal =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> DiffusersUNetConfig.requireExpressible(config));
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }

    @Test
    void qkv_is_a_view_on_the_way_there_and_made_on_demand_on_the_way_back() {
        Map<String, TensorEntry> weights = SmallNetworks.weights(SMALL);
        DiffusersNames names = DiffusersNames.of(SMALL);
        Map<String, TensorEntry> theirs = names.toDiffusers(weights);
        TensorEntry qkv = weights.get("middle_block.1.qkv.weight");
        TensorEntry key = theirs.get("mid_block.attentions.0.to_k.weight");
        qkv.data().fill((byte) 7); // seen through the view
        assertEquals(7, key.data().get(ValueLayout.JAVA_BYTE, 0));
        assertEquals(qkv, names.toOpenAi(theirs).get("middle_block.1.qkv.weight"));
        assertFalse(theirs.containsKey("mid_block.attentions.0.qkv.weight"));
    }

    @Test
    void only_qkv_takes_memory_beside_the_mapped_file() {
        try (DiffusersFolder opened = DiffusersFolder.open(written(SMALL), USUAL)) {
            opened.entries()
                    .forEach((name, entry) ->
                            assertEquals(!name.contains(".qkv."), entry.data().isMapped(), name));
        }
    }

    @Test
    void the_counts_are_those_of_the_published_models() {
        int[][] counts = {{541, 629}, {566, 630}, {201, 225}};
        List<UNetConfig> configs =
                List.of(UNetConfig.imagenet64(), UNetConfig.bedroom256(), UNetConfig.test32());
        for (int i = 0; i < counts.length; i++) {
            DiffusersNames names = DiffusersNames.of(configs.get(i));
            assertEquals(counts[i][0], names.openAiShapes().size());
            assertEquals(counts[i][1], names.diffusersShapes().size());
        }
    }

    private static void change(Path folder, String file, String from, String to)
            throws IOException {
        Path path = folder.resolve(file);
        String text = Files.readString(path);
        assertTrue(text.contains(from), () -> from + " in " + text);
        Files.writeString(path, text.replace(from, to));
    }

    private static void refused(Path folder, String part) {
        var refusal =
                assertThrows(
                        FormatException.class, () -> DiffusersFolder.open(folder, USUAL).close());
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }
}
