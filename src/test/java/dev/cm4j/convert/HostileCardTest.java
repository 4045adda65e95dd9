package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Descriptions and names made to keep a reader busy: refused at once and in a sentence. */
class HostileCardTest {

    private static final Path FILE = Path.of("model.safetensors");
    private static final String ONES = "1, ".repeat(31) + "1";

    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'res_blocks': 999999999, 'channel_mult': [1, 2]| resBlocks 999999999",
                "'res_blocks': 2, 'patch': 2, 'channel_mult': [ONES]| channelMult has 32 levels",
            })
    void a_card_of_a_network_nobody_has_is_refused(String sizes, String part) {
        String card =
                "{'network': {'image_size': 32, 'in_channels': 3, 'out_channels': 3,"
                        + " 'model_channels': 32, 'attention_resolutions': [], "
                        + sizes.replace("ONES", ONES)
                        + "}}";
        String json = card.replace('\'', '"');
        refused(part, () -> CardTree.ofCard(FILE, json).network());
    }

    @Test
    void an_average_that_no_file_can_be_called_is_refused() throws IOException {
        Path checkpoint = Files.createDirectories(folder.resolve("ckpt-00000020"));
        for (String name : new String[] {"a\\u0000b", "\\ud800", "x".repeat(100_000)}) {
            Files.writeString(
                    checkpoint.resolve("state.json"),
                    "{\"configuration\": {\"sampling.average\": \"" + name + "\"}}");
            refused("no weights 'ema-", () -> CheckpointSource.open(folder).close());
        }
    }

    @Test
    void a_network_of_pictures_without_pixels_is_refused() {
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        for (String name : new String[] {"enc.0x0_conv.weight", "dec.0x0_in0.conv0.weight"}) {
            MemorySegment four = MemorySegment.ofArray(new float[1]);
            entries.put(name, new TensorEntry(name, DType.F32, new long[] {1}, four));
        }
        refused("no tensor such as enc.64x64_conv.weight", () -> EdmNames.rename(FILE, entries));
    }

    @Test
    void a_name_of_many_prefixes_is_only_unknown() {
        String deep = "net.".repeat(200_000) + "weight";
        assertEquals(Optional.empty(), WeightLayout.foreign(Set.of(deep)));
        assertEquals(
                Optional.of(WeightLayout.Foreign.EDM2),
                WeightLayout.foreign(Set.of("net.unet.emb_fourier.freqs")));
    }

    @Test
    void matrices_beyond_an_array_are_refused_by_their_names() throws IOException {
        long size = 3L << 30;
        Path sparse = folder.resolve("sparse");
        try (var file = new RandomAccessFile(sparse.toFile(), "rw")) {
            file.setLength(size);
        }
        try (Arena arena = Arena.ofConfined();
                var channel = FileChannel.open(sparse)) {
            MemorySegment data = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            var labels =
                    new TensorEntry("map_label.weight", DType.U8, new long[] {3, 1L << 30}, data);
            var first =
                    new TensorEntry(
                            "enc.8x8_conv.weight",
                            DType.U8,
                            new long[] {1},
                            MemorySegment.ofArray(new byte[1]));
            refused(
                    "map_label.weight of 3221225472 bytes",
                    () ->
                            EdmNames.rename(
                                    FILE, Map.of(labels.name(), labels, first.name(), first)));
            var rows =
                    assertThrows(
                            IllegalArgumentException.class,
                            () ->
                                    QkvRows.reorder(
                                            labels, 1, QkvOrder.HEAD_THREE, QkvOrder.THREE_HEAD));
            assertTrue(rows.getMessage().contains("map_label.weight has 3221225472 bytes"));
        }
    }

    private static void refused(String part, Executable open) {
        var refusal =
                assertTimeoutPreemptively(
                        Duration.ofSeconds(10), () -> assertThrows(FormatException.class, open));
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        assertTrue(refusal.getMessage().length() < 1000, refusal.getMessage());
    }
}
