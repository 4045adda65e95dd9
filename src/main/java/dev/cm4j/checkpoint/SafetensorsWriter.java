package dev.cm4j.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Lays out and writes a safetensors file. */
final class SafetensorsWriter {

    private static final int ALIGNMENT = 8;
    private static final JsonFactory JSON = new JsonFactory();

    private SafetensorsWriter() {}

    static void write(
            Path file,
            Collection<PendingTensor> tensors,
            Map<String, String> metadata,
            WriteProgress progress) {
        long total = PendingTensor.totalBytes(tensors);
        List<PendingTensor> ordered = new ArrayList<>(tensors);
        ordered.sort(
                Comparator.comparingInt((PendingTensor tensor) -> -tensor.dtype().bytes())
                        .thenComparing(PendingTensor::name));
        byte[] header = header(ordered, metadata);
        AtomicFile.write(
                file,
                channel -> {
                    var length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                    ChannelBytes.write(channel, length.putLong(0, header.length));
                    ChannelBytes.write(channel, ByteBuffer.wrap(header));
                    long written = 0;
                    for (PendingTensor tensor : ordered) {
                        ChannelBytes.write(channel, tensor.checkedData());
                        written += tensor.bytes();
                        progress.progressed(written, total);
                    }
                });
    }

    /** The header, padded with spaces so that the data begins at a multiple of 8. */
    private static byte[] header(List<PendingTensor> tensors, Map<String, String> metadata) {
        var text = new ByteArrayOutputStream();
        try (var json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeObjectFieldStart(SafetensorsHeader.METADATA);
            json.writeStringField("format", metadata.getOrDefault("format", "pt"));
            for (var entry : metadata.entrySet()) {
                if (!entry.getKey().equals("format")) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
            }
            json.writeEndObject();
            long offset = 0;
            for (PendingTensor tensor : tensors) {
                if (tensor.name().equals(SafetensorsHeader.METADATA)) {
                    throw new IllegalArgumentException(
                            "a tensor cannot be called " + SafetensorsHeader.METADATA);
                }
                json.writeObjectFieldStart(tensor.name());
                json.writeStringField("dtype", tensor.dtype().name());
                json.writeFieldName("shape");
                long[] shape = tensor.shape();
                json.writeArray(shape, 0, shape.length);
                json.writeFieldName("data_offsets");
                long end = offset + tensor.bytes();
                json.writeArray(new long[] {offset, end}, 0, 2);
                json.writeEndObject();
                offset = end;
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int length = text.size();
        int padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        byte[] bytes = Arrays.copyOf(text.toByteArray(), padded);
        Arrays.fill(bytes, length, padded, (byte) ' ');
        return bytes;
    }
}
