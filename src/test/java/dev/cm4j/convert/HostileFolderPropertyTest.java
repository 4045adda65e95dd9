package dev.cm4j.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** The configurations of a folder, spoilt: it opens with its own weights or is refused. */
class HostileFolderPropertyTest {

    private static final List<String> FILES =
            List.of("model_index.json", "scheduler/scheduler_config.json", "unet/config.json");

    private static Path folder;

    @BeforeContainer
    static void write() throws IOException {
        folder = Files.createTempDirectory("cm4j-folder-").resolve("pipeline");
        DiffusersFolder.write(
                folder,
                SmallNetworks.residual(),
                SchedulerConfig.DEFAULT,
                SmallNetworks.weights(SmallNetworks.residual()),
                DType.F32,
                Optional.empty());
    }

    @AfterContainer
    static void remove() throws IOException {
        try (var all = Files.walk(folder.getParent())) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Property(tries = 1500)
    void flipped_bits(
            @ForAll @IntRange(max = 2) int file,
            @ForAll @IntRange(max = 5000) int place,
            @ForAll @IntRange(max = 7) int bit) {
        spoilt(
                file,
                bytes -> {
                    byte[] flipped = bytes.clone();
                    flipped[place % bytes.length] ^= (byte) (1 << bit);
                    return flipped;
                });
    }

    /** A digit becomes many, which makes large numbers of small ones. */
    @Property(tries = 500)
    void longer_numbers(
            @ForAll @IntRange(max = 2) int file,
            @ForAll @IntRange(max = 5000) int place,
            @ForAll @IntRange(min = 1, max = 400) int times) {
        spoilt(
                file,
                bytes -> {
                    String text = new String(bytes, StandardCharsets.UTF_8);
                    int at = place % text.length();
                    String longer = text.substring(0, at) + "9".repeat(times) + text.substring(at);
                    return longer.getBytes(StandardCharsets.UTF_8);
                });
    }

    private interface Damage {
        byte[] to(byte[] bytes);
    }

    private static void spoilt(int number, Damage damage) {
        Path file = folder.resolve(FILES.get(number));
        try {
            byte[] good = Files.readAllBytes(file);
            Files.write(file, damage.to(good));
            try {
                assertTimeoutPreemptively(
                        Duration.ofSeconds(10), HostileFolderPropertyTest::openOrRefuse);
            } finally {
                Files.write(file, good);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void openOrRefuse() {
        try (DiffusersFolder opened = DiffusersFolder.open(folder, Optional.empty())) {
            assertEquals(OpenAiLayout.of(SmallNetworks.residual()).size(), opened.entries().size());
        } catch (FormatException refused) {
            assertTrue(refused.getMessage().contains(folder.toString()), refused.getMessage());
        }
    }
}
