package dev.cm4j.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Writes a state dict as PyTorch would: a zip file with a pickle and one record a tensor.
 *
 * <p>PyTorch loads the file with {@code weights_only=True}, and with {@code mmap=True} too, since
 * records are stored and begin at multiples of 64. Equal tensors make equal files.
 */
public final class TorchWriter {

    private static final String FOLDER = "archive/";
    private static final int ALIGNMENT = 64;

    private TorchWriter() {}

    /**
     * Writes a file that appears whole or not at all.
     *
     * @param file the file, replaced if it exists
     * @param tensors name to tensor, in the order of the state dict; the names of the map count
     * @throws UncheckedIOException if it cannot be written
     */
    public static void write(Path file, Map<String, TensorEntry> tensors) {
        write(file, PendingTensor.of(tensors), WriteProgress.NONE);
    }

    /**
     * As {@link #write(Path, Map)}, one tensor in memory at a time.
     *
     * @param file the file, replaced if it exists
     * @param tensors in the order of the state dict
     * @param progress hears of each tensor
     * @throws IllegalArgumentException if two tensors have the same name
     * @throws UncheckedIOException if it cannot be written
     */
    public static void write(Path file, Collection<PendingTensor> tensors, WriteProgress progress) {
        List<PendingTensor> ordered = List.copyOf(tensors);
        long total = PendingTensor.totalBytes(ordered);
        byte[] pickle = PickleWriter.stateDict(ordered);
        AtomicFile.write(
                file,
                channel -> {
                    StoredZip zip = new StoredZip(channel);
                    put(zip, "data.pkl", pickle);
                    put(zip, "byteorder", ascii("little"));
                    long written = 0;
                    for (int i = 0; i < ordered.size(); i++) {
                        MemorySegment data = ordered.get(i).checkedData();
                        zip.begin(FOLDER + "data/" + i, data.byteSize(), ALIGNMENT);
                        zip.write(data);
                        written += data.byteSize();
                        progress.progressed(written, total);
                    }
                    put(zip, "version", ascii("3\n"));
                    zip.finish();
                });
    }

    private static void put(StoredZip zip, String name, byte[] content) throws IOException {
        zip.begin(FOLDER + name, content.length, ALIGNMENT);
        zip.write(MemorySegment.ofArray(content));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
