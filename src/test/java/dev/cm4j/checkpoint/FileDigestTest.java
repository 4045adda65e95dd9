package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a file or a folder is known by. */
class FileDigestTest {

    @TempDir Path folder;
    private Path model;

    @BeforeEach
    void aModelOfTwoFiles() throws IOException {
        model = Files.createDirectories(folder.resolve("model"));
        Files.createDirectory(model.resolve("unet"));
        Files.writeString(model.resolve("model_index.json"), "{}");
        Files.writeString(model.resolve("unet/weights"), "1");
    }

    @Test
    void aFileIsKnownByItsBytesAlone() {
        Path weights = model.resolve("unet/weights");
        assertEquals(FileDigest.sha256("1"), FileDigest.sha256OfAll(weights));
    }

    @Test
    void everyFileOfAFolderCounts() throws IOException {
        String before = FileDigest.sha256OfAll(model);
        Files.writeString(model.resolve("unet/weights"), "2");
        String after = FileDigest.sha256OfAll(model);
        assertNotEquals(before, after);
        Files.move(model.resolve("unet/weights"), model.resolve("unet/other"));
        assertNotEquals(after, FileDigest.sha256OfAll(model));
    }

    @Test
    void aFolderBehindALinkIsTheSame() throws IOException {
        String itself = FileDigest.sha256OfAll(model);
        Path link = Files.createSymbolicLink(folder.resolve("link"), model);
        assertEquals(itself, FileDigest.sha256OfAll(link));
        Files.writeString(model.resolve("unet/weights"), "2");
        assertNotEquals(itself, FileDigest.sha256OfAll(link));
    }

    @Test
    void aFolderOfLinksIsTheSame() throws IOException {
        Path links = Files.createDirectories(folder.resolve("links"));
        Files.createSymbolicLink(links.resolve("unet"), model.resolve("unet"));
        Files.createSymbolicLink(
                links.resolve("model_index.json"), model.resolve("model_index.json"));
        assertEquals(FileDigest.sha256OfAll(model), FileDigest.sha256OfAll(links));
    }
}
