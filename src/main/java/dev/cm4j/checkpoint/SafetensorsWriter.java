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
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Lays out and writes a safetensors file. */
final class SafetensorsWriter {

    private static final int ALIGNMENT = 8;
    private static final JsonFactory JSON = new JsonFactory();

    private SafetensorsWriter() {}

    static void write(Path file, Map<String, TensorEntry> tensors, Map<String, String> metadata) {
        if (tensors.containsKey(SafetensorsHeader.METADATA)) {
            throw new IllegalArgumentException(
                    "a tensor cannot be called " + SafetensorsHeader.METADATA);
        }
        List<Map.Entry<String, TensorEntry>> ordered = new ArrayList<>(tensors.entrySet());
        ordered.sort(
                Comparator.comparingInt(
                                (Map.Entry<String, TensorEntry> e) -> -e.getValue().dtype().bytes())
                        .thenComparing(Map.Entry::getKey));
        byte[] header = header(ordered, metadata);
        AtomicFile.write(
                file,
                channel -> {
                    var length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                    ChannelBytes.write(channel, length.putLong(0, header.length));
                    ChannelBytes.write(channel, ByteBuffer.wrap(header));
                    for (var entry : ordered) {
                        ChannelBytes.write(channel, entry.getValue().data());
                    }
                });
    }

    /** The header, padded with spaces so that the data begins at a multiple of 8. */
    private static byte[] header(
            List<Map.Entry<String, TensorEntry>> tensors, Map<String, String> metadata) {
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
            for (var entry : tensors) {
                TensorEntry tensor = entry.getValue();
                json.writeObjectFieldStart(entry.getKey());
                json.writeStringField("dtype", tensor.dtype().name());
                json.writeFieldName("shape");
                long[] shape = tensor.shape();
                json.writeArray(shape, 0, shape.length);
                json.writeFieldName("data_offsets");
                long end = offset + tensor.data().byteSize();
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
