package dev.cm4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.image.SampleArchive;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data sets by name and path, and what is said where one is missing. */
class DataSourceTest {

    @TempDir Path folder;

    @Test
    void digitsAreAlwaysThere() {
        try (Dataset digits = DataSource.open("digits", config().withSize(32))) {
            assertEquals(32, digits.height());
            assertEquals(20_000, digits.size());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> DataSource.open("digits", config().withSize(16)));
    }

    @Test
    void namesAreSearchedInTheFoldersThenInTheCache() throws IOException {
        Files.createDirectories(folder.resolve("cache/mnist"));
        idx(folder.resolve("cache/mnist"), 3);
        try (Dataset data = DataSource.open("mnist", config())) {
            assertEquals(3, data.size());
        }
        Files.createDirectories(folder.resolve("data/mnist"));
        idx(folder.resolve("data/mnist"), 4);
        try (Dataset data = DataSource.open("mnist", config())) {
            assertEquals(4, data.size());
        }
        Path first = Files.createDirectories(folder.resolve("first"));
        try (Dataset data = DataSource.open("mnist", config().withFolderFirst(first))) {
            assertEquals(4, data.size());
        }
        idx(Files.createDirectories(first.resolve("mnist")), 5);
        try (Dataset data = DataSource.open("mnist", config().withFolderFirst(first))) {
            assertEquals(5, data.size());
        }
    }

    @Test
    void aFolderIsWhatItHolds() throws IOException {
        idx(Files.createDirectories(folder.resolve("idx")), 2);
        try (Dataset data = DataSource.open(folder.resolve("idx").toString(), config())) {
            assertEquals(2, data.size());
        }
        Path cifar = Files.createDirectories(folder.resolve("cifar"));
        Files.write(cifar.resolve("data_batch_1.bin"), new byte[3073]);
        try (Dataset data = DataSource.open(cifar.toString(), config())) {
            assertEquals(3, data.channels());
        }
        Path pictures = folder.resolve("pictures");
        Picture picture = new Picture(1, 5, 5, new byte[25]);
        Png.write(pictures.resolve("a.png"), picture, Map.of());
        try (Dataset data = DataSource.open(pictures.toString(), config().withSize(4))) {
            assertEquals(4, data.width());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> DataSource.open(pictures.toString(), config()));
        Path npz = folder.resolve("x.npz");
        SampleArchive.write(npz, 1, List.of(picture).iterator(), 3);
        try (Dataset data = DataSource.open(npz.toString(), config())) {
            assertEquals(3, data.label(0));
            assertEquals(4, data.classes());
        }
    }

    @Test
    void whatIsMissingIsNamedWithItsPlace() {
        var missing =
                assertThrows(UncheckedIOException.class, () -> DataSource.open("mnist", config()));
        String place = folder.resolve("data").resolve("mnist").toString();
        assertTrue(missing.getMessage().contains("put train-images-idx3-ubyte.gz"));
        assertTrue(missing.getMessage().contains(place), missing.getMessage());
        var unknown =
                assertThrows(
                        UncheckedIOException.class,
                        () -> DataSource.open(folder.resolve("none").toString(), config()));
        assertTrue(unknown.getMessage().contains("neither a folder nor one of digits"));
    }

    @Test
    void aDownloadWithAnotherChecksumIsNotKept() throws IOException {
        Downloads forged =
                new Downloads() {
                    @Override
                    void read(URI address, BytesReader reader) throws IOException {
                        reader.read(new ByteArrayInputStream(new byte[10]));
                    }
                };
        var refusal =
                assertThrows(
                        RuntimeException.class,
                        () -> DataSource.open("mnist", config().withDownload(true), forged));
        assertTrue(refusal.getMessage().contains("SHA-256"), refusal.getMessage());
        try (var left = Files.list(folder.resolve("cache/mnist"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void forgedWeightsAreNotKept() throws IOException {
        Downloads forged =
                new Downloads() {
                    @Override
                    void read(URI address, BytesReader reader) throws IOException {
                        assertTrue(address.toString().endsWith("6726825d.pth"), address + "");
                        reader.read(new ByteArrayInputStream(new byte[10]));
                    }
                };
        DataConfig config = config().withDownload(true);
        var refusal =
                assertThrows(
                        RuntimeException.class, () -> DataSource.inceptionWeights(config, forged));
        assertTrue(refusal.getMessage().contains("SHA-256"), refusal.getMessage());
        Path mine = folder.resolve("cache/inception/pt_inception-2015-12-05-6726825d.pth");
        assertFalse(Files.exists(mine));
        Files.write(mine, new byte[1]);
        assertEquals(mine, DataSource.inceptionWeights(config, forged));
    }

    @Test
    void weightsComeOverHttpAndOnlyWhole() throws IOException {
        var server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        List<String> asked = new CopyOnWriteArrayList<>();
        server.createContext(
                "/",
                exchange -> {
                    asked.add(exchange.getRequestURI().getPath());
                    byte[] body = "not the weights".getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(asked.size() == 1 ? 404 : 200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
        try {
            URI here = URI.create("http://localhost:" + server.getAddress().getPort());
            Downloads near =
                    new Downloads() {
                        @Override
                        void read(URI address, BytesReader reader) throws IOException {
                            super.read(here.resolve(address.getPath()), reader);
                        }
                    };
            DataConfig config = config().withDownload(true);
            var absent =
                    assertThrows(
                            UncheckedIOException.class,
                            () -> DataSource.inceptionWeights(config, near));
            assertTrue(absent.getMessage().contains("answers 404"), absent.getMessage());
            var forged =
                    assertThrows(
                            FormatException.class, () -> DataSource.inceptionWeights(config, near));
            assertTrue(forged.getMessage().contains("6726825d0af5f729"), forged.getMessage());
        } finally {
            server.stop(0);
        }
        String path =
                "/mseitzer/pytorch-fid/releases/download/fid_weights/"
                        + "pt_inception-2015-12-05-6726825d.pth";
        assertEquals(List.of(path, path), asked);
        try (var left = Files.list(folder.resolve("cache/inception"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void aDeadNetworkIsOneSentence() {
        Downloads dead =
                new Downloads() {
                    @Override
                    void read(URI address, BytesReader reader) throws IOException {
                        throw new IOException("no route");
                    }
                };
        var missing =
                assertThrows(
                        UncheckedIOException.class,
                        () -> DataSource.open("cifar10", config().withDownload(true), dead));
        assertTrue(
                missing.getMessage().contains("cifar-10-binary.tar.gz: no route)"),
                missing.getMessage());
        assertFalse(missing.getMessage().contains("cannot write"), missing.getMessage());
        assertTrue(missing.getMessage().contains("cifar-10-binary.tar.gz"));
    }

    @Test
    void archivesGiveTheirPlainFiles() throws IOException {
        var tar = new ByteArrayOutputStream();
        member(tar, "cifar/data_batch_1.bin", '0', new byte[3073]);
        member(tar, "cifar/readme.html", '0', new byte[600]);
        member(tar, "../../evil.bin", '0', new byte[3]);
        member(tar, "cifar/link.bin", '2', new byte[0]);
        tar.write(new byte[1024]);
        Path archive = folder.resolve("x.tar.gz");
        Files.write(archive, IdxBytes.gzip(tar.toByteArray()));
        Path target = folder.resolve("out");
        TarArchive.unpack(archive, target, ".bin");
        try (var all = Files.list(target)) {
            assertEquals(
                    List.of("data_batch_1.bin", "evil.bin"),
                    all.map(p -> p.getFileName().toString()).sorted().toList());
        }
        assertEquals(3073, Files.size(target.resolve("data_batch_1.bin")));
    }

    @Test
    void theEnvironmentNamesThePlaces() {
        Map<String, String> environment = Map.of("CM4J_DATA", "/d", "XDG_CACHE_HOME", "/c");
        DataConfig config = DataConfig.defaults(name -> Optional.ofNullable(environment.get(name)));
        assertEquals(List.of(Path.of("/d")), config.folders());
        assertEquals(Path.of("/c/cm4j"), config.cache());
    }

    private DataConfig config() {
        return new DataConfig(
                List.of(folder.resolve("data")),
                folder.resolve("cache"),
                false,
                Split.TRAIN,
                Optional.empty(),
                Optional.empty(),
                LabelRule.AUTO,
                ResizeRule.OPENAI,
                false);
    }

    private static void idx(Path place, int count) throws IOException {
        Files.write(place.resolve("train-images-idx3-ubyte"), IdxBytes.of(1, 9, count, 2, 2));
        Files.write(place.resolve("train-labels-idx1-ubyte"), IdxBytes.of(1, 9, count));
    }

    private static void member(ByteArrayOutputStream tar, String name, char type, byte[] content) {
        byte[] head = new byte[512];
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, head, 0, ascii.length);
        byte[] size = "%011o".formatted(content.length).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(size, 0, head, 124, size.length);
        head[156] = (byte) type;
        tar.writeBytes(head);
        tar.writeBytes(content);
        tar.writeBytes(new byte[(512 - content.length % 512) % 512]);
    }
}
