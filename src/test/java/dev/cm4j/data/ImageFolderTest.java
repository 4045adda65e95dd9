package dev.cm4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.testing.SharedData;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of pictures: order, labels, resizing, and bad files. */
class ImageFolderTest {

    @TempDir Path folder;

    @Test
    void foldersAreClasses() {
        save("dog/b.png", 10);
        save("cat/z_1.png", 20);
        save("cat/a_2.png", 30);
        try (var data = ImageFolder.open(folder, config(LabelRule.AUTO, false))) {
            assertEquals(LabelRule.DIR, data.labelRule());
            assertEquals(List.of("cat", "dog"), data.classNames());
            assertArrayEquals(new int[] {30, 20, 10}, firstPixels(data));
            assertEquals(0, data.label(0));
            assertEquals(1, data.label(2));
        }
        try (var data = ImageFolder.open(folder, config(LabelRule.NONE, false))) {
            assertEquals(0, data.classes());
            assertThrows(IllegalStateException.class, () -> data.label(0));
        }
    }

    @Test
    void prefixesAreClasses() {
        save("b_1.png", 1);
        save("a_9.png", 2);
        save("B_1.png", 3);
        try (var data = ImageFolder.open(folder, config(LabelRule.PREFIX, false))) {
            assertEquals(List.of("B", "a", "b"), data.classNames());
            assertArrayEquals(new int[] {3, 2, 1}, firstPixels(data));
            assertEquals(1, data.label(1));
        }
        try (var data = ImageFolder.open(folder, config(LabelRule.AUTO, false))) {
            assertEquals(LabelRule.NONE, data.labelRule());
        }
        save("c.png", 4);
        requireRefused("c.png: a name without '_'", LabelRule.PREFIX);
    }

    @Test
    void jsonGivesClasses() throws IOException {
        save("0/a.png", 1);
        save("0/b.png", 2);
        json("{'labels': [['0/b.png', 4], ['0/a.png', [0, 0, 1]]]}");
        try (var data = ImageFolder.open(folder, config(LabelRule.AUTO, false))) {
            assertEquals(LabelRule.JSON, data.labelRule());
            assertEquals(5, data.classes());
            assertEquals(2, data.label(0));
            assertEquals(4, data.label(1));
        }
        json("{'labels': null}");
        try (var data = ImageFolder.open(folder, config(LabelRule.AUTO, false))) {
            assertEquals(0, data.classes());
        }
        for (String bad :
                List.of(
                        "",
                        "{",
                        "{'labels': 3}",
                        "{'labels': [['0/a.png', 1]]}",
                        "{'labels': [['0/a.png', -1], ['0/b.png', 1]]}")) {
            json(bad);
            requireRefused("dataset.json", LabelRule.AUTO);
        }
    }

    @Test
    void badPicturesAreAnErrorOrListed() throws IOException {
        save("a.png", 1);
        Files.writeString(folder.resolve("b.png"), "no picture");
        save("c.png", 3);
        requireRefused("b.png", LabelRule.NONE);
        try (var data = ImageFolder.open(folder, config(LabelRule.NONE, true))) {
            assertEquals(List.of(Path.of("b.png")), data.skipped());
            assertArrayEquals(new int[] {1, 3}, firstPixels(data));
        }
        Files.delete(folder.resolve("a.png"));
        Files.delete(folder.resolve("c.png"));
        assertThrows(
                FormatException.class,
                () -> ImageFolder.open(folder, config(LabelRule.NONE, true)));
    }

    @Test
    void theFirstBadPictureIsNamedWhateverTheThreadsDid() throws IOException {
        for (int i = 0; i < 200; i++) {
            Files.writeString(folder.resolve("%03d.png".formatted(i)), "no picture");
        }
        for (int round = 0; round < 20; round++) {
            requireRefused("000.png", LabelRule.NONE);
        }
    }

    @Test
    void whatIsLeftOutIsSaid() throws IOException {
        save("a.png", 1);
        Files.writeString(folder.resolve("dataset.json"), "{\"labels\": null}");
        try (var data = ImageFolder.open(folder, config(LabelRule.NONE, true))) {
            assertEquals(List.of(), leftOut(data));
        }
        Files.writeString(folder.resolve("b.png"), "no picture");
        Files.writeString(folder.resolve("x.webp"), "RIFF");
        Files.writeString(folder.resolve("y.tiff"), "II");
        try (var data = ImageFolder.open(folder, config(LabelRule.NONE, true))) {
            assertEquals(
                    List.of(
                            "2 files do not end in .jpg, .jpeg, .png, .gif or .bmp and are left out, such as "
                                    + folder.resolve("x.webp"),
                            "1 picture cannot be read and is left out: " + folder.resolve("b.png")),
                    leftOut(data));
        }
    }

    private static List<String> leftOut(ImageFolder data) {
        return data.notices().stream().filter(notice -> notice.contains("left out")).toList();
    }

    @Test
    void aPictureTooNarrowToResizeIsABadPicture() {
        save("a.png", 1);
        Png.write(folder.resolve("b.png"), new Picture(1, 20_000, 1, new byte[20_000]), Map.of());
        requireRefused("b.png: 1x20000 pixels: no picture has 4x80000 pixels", LabelRule.NONE);
        try (var data = ImageFolder.open(folder, config(LabelRule.NONE, true))) {
            assertEquals(List.of(Path.of("b.png")), data.skipped());
            assertEquals(1, data.size());
        }
    }

    @Test
    void aFileIsNotReadBeforeItsFirstBytesAndItsSize() throws IOException {
        Path file = folder.resolve("a.png");
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(3L << 30);
        }
        requireRefused("no picture by its first bytes", LabelRule.NONE);
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
        }
        requireRefused("a picture of 3221225472 bytes", LabelRule.NONE);
    }

    @Test
    void anEmptyOrMissingFolderIsAnError() {
        requireRefused("no pictures", LabelRule.AUTO);
        assertThrows(
                UncheckedIOException.class,
                () -> ImageFolder.open(folder.resolve("none"), config(LabelRule.AUTO, false)));
    }

    @Test
    void resizingIsThatOfTheOriginals() throws IOException {
        JsonNode cases =
                new ObjectMapper().readTree(getClass().getResource("/golden/resample/cases.json"));
        int checked = 0;
        for (JsonNode c : cases) {
            if (c.path("how").asText().matches("OPENAI|EDM")) {
                Picture source =
                        pattern(c.path("from").path(0).asInt(), c.path("from").path(1).asInt());
                byte[] ours =
                        ResizeRule.valueOf(c.path("how").asText())
                                .apply(source, c.path("to").path(0).asInt())
                                .bytes();
                assertArrayEquals(HexFormat.of().parseHex(c.path("hex").asText()), ours);
                checked++;
            }
        }
        assertEquals(6, checked);
    }

    @Test
    void realPictures() {
        Path real = SharedData.require("tiny-imagenet/val");
        var config = new ImageFolderConfig(32, 3, LabelRule.AUTO, ResizeRule.OPENAI, false);
        try (var data = ImageFolder.open(real, config)) {
            assertEquals(200, data.size());
            assertEquals(4, data.classes());
            assertEquals(200L * 3 * 32 * 32, data.pixels().orElseThrow().byteSize());
        }
    }

    private static ImageFolderConfig config(LabelRule labels, boolean skipBad) {
        return new ImageFolderConfig(4, 1, labels, ResizeRule.OPENAI, skipBad);
    }

    private void requireRefused(String message, LabelRule rule) {
        var refusal =
                assertThrows(
                        FormatException.class, () -> ImageFolder.open(folder, config(rule, false)));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    private void save(String name, int value) {
        byte[] bytes = new byte[3 * 9 * 8];
        Arrays.fill(bytes, (byte) value);
        Png.write(folder.resolve(name), new Picture(3, 9, 8, bytes), Map.of());
    }

    private void json(String text) throws IOException {
        Files.writeString(folder.resolve("dataset.json"), text.replace('\'', '"'));
    }

    private static int[] firstPixels(Dataset data) {
        int[] values = new int[data.size()];
        MemorySegment image =
                MemorySegment.ofArray(new byte[data.channels() * data.height() * data.width()]);
        for (int i = 0; i < values.length; i++) {
            data.read(i, image);
            values[i] = image.get(ValueLayout.JAVA_BYTE, 0) & 0xFF;
        }
        return values;
    }

    /** The pattern of tools/golden/resample.py. */
    private static Picture pattern(int width, int height) {
        byte[] bytes = new byte[3 * height * width];
        for (int k = 0; k < 3; k++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    bytes[(k * height + y) * width + x] =
                            (byte) (37 * x + 91 * y + 13 * x * y + 97 * k);
                }
            }
        }
        return new Picture(3, height, width, bytes);
    }
}
