package dev.cm4j.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What either kind of checkpoint holds once read: tensors over storages.
 *
 * @param tensors views by name, in order
 * @param storages bytes of each storage by key
 * @param notices remarks on harmless oddities
 */
record TorchContent(
        Map<String, TorchView> tensors, Map<String, MemorySegment> storages, List<String> notices) {

    private static final long FREE_COPIES = 64L << 20;

    /** Row-major entries; contiguous tensors are views of the file, others are copied. */
    Map<String, TensorEntry> entries(Path file, long fileBytes, Arena arena) {
        // An expanded tensor may claim far more than the file holds.
        long budget = FREE_COPIES + 8 * fileBytes;
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        for (var tensor : tensors.entrySet()) {
            TorchView view = tensor.getValue();
            if (!view.isContiguous()) {
                budget -= view.bytes();
                if (budget < 0) {
                    throw new FormatException(
                            file,
                            tensor.getKey()
                                    + ": strided tensors that would fill "
                                    + view.bytes()
                                    + " bytes",
                            "tensors saved contiguous, with .contiguous()");
                }
            }
            MemorySegment storage = storages.get(view.storage().key());
            entries.put(
                    tensor.getKey(),
                    new TensorEntry(
                            tensor.getKey(),
                            view.element().dtype(),
                            view.entryShape(),
                            rowMajor(file, tensor.getKey(), view, storage, arena)));
        }
        return entries;
    }

    private static MemorySegment rowMajor(
            Path file, String name, TorchView view, MemorySegment storage, Arena arena) {
        try {
            return view.rowMajor(storage, arena);
        } catch (OutOfMemoryError e) {
            throw MappedFile.tooLarge(file, name, view.bytes(), e);
        }
    }
}
