package dev.cm4j.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.DataConfig;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.Device;
import dev.cm4j.train.StepListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Published numbers stand beside whole data sets only. */
class PublishedNumbersTest {

    private static final String FILE =
            """
            title: photographs
            datasets:
              - {name: photographs, data: cifar10, metric: fid-random, pictures: 8}
            entries:
              - {name: none, dataset: photographs, model: none.safetensors, samplers: []}
            """;

    private static final int RECORD = 3073;

    @TempDir Path folder;

    private Workplace place() {
        return new Workplace(
                folder.resolve("out"),
                DataConfig.defaults().withDownload(false).withFolder(folder),
                Device.CPU,
                Precision.F32,
                4,
                Object::toString,
                Throwable::getMessage,
                _ -> {},
                () -> new StepListener() {});
    }

    private boolean shown(ComparisonConfig config) {
        return PublishedNumbers.of(config, place()).stream()
                .anyMatch(result -> result.data().equals("cifar10"));
    }

    @Test
    void a_part_of_cifar_10_has_no_published_numbers_beside_it() throws IOException {
        ComparisonConfig config = ComparisonFile.parse(FILE, "test.yaml");
        Path data = Files.createDirectories(folder.resolve("cifar-10-batches-bin"));
        for (int i = 1; i <= 5; i++) {
            Files.write(data.resolve("data_batch_" + i + ".bin"), new byte[10_000 * RECORD]);
        }
        assertTrue(shown(config));
        assertEquals(List.of(), PublishedNumbers.absent(config, place()));
        Files.delete(data.resolve("data_batch_5.bin"));
        assertFalse(shown(config));
        List<String> said = PublishedNumbers.absent(config, place());
        assertEquals(1, said.size());
        assertTrue(
                said.getFirst().startsWith("photographs: CIFAR-10 has 50,000 "), said.getFirst());
    }
}
