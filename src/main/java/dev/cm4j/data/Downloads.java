package dev.cm4j.data;

import dev.cm4j.checkpoint.AtomicFile;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.data.PublishedData.PublishedFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;

/** Fetches published data sets, and keeps a file only if its checksum is the published one. */
class Downloads {

    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration WHOLE_FILE = Duration.ofMinutes(10);
    private static final int CHUNK = 1 << 16;
    private static final long LARGEST = 1L << 30;
    private static final int OK = 200;

    /** Fetches every file that is not there yet, and unpacks archives. */
    void fetch(PublishedData data, Path folder) {
        for (PublishedFile file : data.files()) {
            Path target = folder.resolve(file.name());
            if (!Files.exists(target)) {
                fetchFile(URI.create(data.address() + file.name()), target, data, file.checksum());
            }
            if (file.name().endsWith(".tar.gz")) {
                TarArchive.unpack(target, folder, ".bin", ".txt");
            }
        }
    }

    /** Passes the bytes at an address on; a test gives its own. */
    void read(URI address, BytesReader reader) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(address).timeout(WHOLE_FILE).build();
        try (HttpClient client =
                HttpClient.newBuilder()
                        .connectTimeout(CONNECT)
                        .followRedirects(HttpClient.Redirect.NORMAL)
                        .build()) {
            HttpResponse<InputStream> response =
                    client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() != OK) {
                    throw new IOException(address + " answers " + response.statusCode());
                }
                reader.read(body);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while fetching " + address, e);
        }
    }

    /** Takes bytes as they arrive. */
    @FunctionalInterface
    interface BytesReader {
        void read(InputStream in) throws IOException;
    }

    private void fetchFile(URI address, Path target, PublishedData data, String checksum) {
        AtomicFile.write(
                target,
                channel -> {
                    MessageDigest digest = digest(data.digest());
                    receive(
                            address,
                            in ->
                                    copy(
                                            new DigestInputStream(in, digest),
                                            channel,
                                            target,
                                            address));
                    String found = HexFormat.of().formatHex(digest.digest());
                    if (!found.equals(checksum)) {
                        throw new FormatException(
                                target, data.digest() + " " + found + " from " + address, checksum);
                    }
                });
    }

    /** Reads; a connection that fails is no file that cannot be written. */
    private void receive(URI address, BytesReader reader) {
        try {
            read(address, reader);
        } catch (IOException e) {
            String message = e.getMessage() == null ? "no connection" : e.getMessage();
            throw new UncheckedIOException(
                    message.contains(address.toString()) ? message : address + ": " + message, e);
        }
    }

    private static void copy(InputStream in, FileChannel channel, Path target, URI address)
            throws IOException {
        byte[] chunk = new byte[CHUNK];
        long total = 0;
        for (int got = in.read(chunk); got >= 0; got = in.read(chunk)) {
            total += got;
            if (total > LARGEST) {
                throw new IOException(address + " sends more than " + LARGEST + " bytes");
            }
            ByteBuffer rest = ByteBuffer.wrap(chunk, 0, got);
            write(rest, channel, target);
        }
    }

    private static void write(ByteBuffer bytes, FileChannel channel, Path target) {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + target + ": " + e.getMessage(), e);
        }
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new UncheckedIOException(new IOException("this Java has no " + algorithm, e));
        }
    }
}
