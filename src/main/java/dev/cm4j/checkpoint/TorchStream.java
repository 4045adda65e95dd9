package dev.cm4j.checkpoint;

import dev.cm4j.checkpoint.PickleValue.Dict;
import dev.cm4j.checkpoint.PickleValue.Sequence;
import dev.cm4j.checkpoint.PickleValue.Text;
import dev.cm4j.checkpoint.PickleValue.Truth;
import dev.cm4j.checkpoint.PickleValue.Whole;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a checkpoint from before PyTorch 1.6: five pickles one after the other, then per storage
 * its element count and bytes.
 */
final class TorchStream {

    /** The first pickle, a magic number, as bytes. */
    static final byte[] MAGIC = {
        (byte) 0x80,
        2,
        (byte) 0x8A,
        10,
        0x6C,
        (byte) 0xFC,
        (byte) 0x9C,
        0x46,
        (byte) 0xF9,
        0x20,
        0x6A,
        (byte) 0xA8,
        0x50,
        0x19,
        0x2E
    };

    private static final long PROTOCOL = 1001;

    private TorchStream() {}

    static TorchContent read(Path file, MemorySegment all) {
        PickleBytes protocol = new PickleBytes(file, "", all, MAGIC.length);
        PickleValue version = new Unpickler(protocol, new TorchReducer(protocol)).load();
        if (!version.equals(new Whole(PROTOCOL))) {
            throw new FormatException(file, "another legacy protocol", "protocol " + PROTOCOL);
        }
        PickleBytes system = new PickleBytes(file, "", all, protocol.position());
        requireLittleEndian(file, new Unpickler(system, new TorchReducer(system)).load());

        PickleBytes object = new PickleBytes(file, "", all, system.position());
        TorchReducer reducer = new TorchReducer(object);
        PickleValue root = new Unpickler(object, reducer).load();
        Map<String, TorchView> tensors = NameTree.flatten(file, root);

        PickleBytes keys = new PickleBytes(file, "", all, object.position());
        PickleValue list = new Unpickler(keys, new TorchReducer(keys)).load();
        if (!(list instanceof Sequence sequence)) {
            throw new FormatException(file, "no list of storages", "a legacy PyTorch checkpoint");
        }
        Map<String, MemorySegment> storages = new HashMap<>();
        long at = keys.position();
        for (PickleValue key : sequence.items()) {
            TorchStorage storage =
                    key instanceof Text text ? reducer.storages().get(text.value()) : null;
            if (storage == null || storages.containsKey(storage.key())) {
                throw new FormatException(
                        file, "a storage no tensor names, or named twice", "each storage once");
            }
            at = readStorage(file, all, at, storage, storages);
        }
        for (String key : reducer.storages().keySet()) {
            if (!storages.containsKey(key)) {
                throw new FormatException(
                        file, "storage " + key + " is missing", "every storage the pickle names");
            }
        }
        return new TorchContent(tensors, storages, List.of());
    }

    /** Reads one storage at a byte offset and returns the offset behind it. */
    private static long readStorage(
            Path file,
            MemorySegment all,
            long at,
            TorchStorage storage,
            Map<String, MemorySegment> storages) {
        long left = all.byteSize() - at - Long.BYTES;
        if (left < storage.bytes()) {
            throw new FormatException(
                    file,
                    "storage %s of %d bytes at byte %d of a file of %d"
                            .formatted(storage.key(), storage.bytes(), at, all.byteSize()),
                    "a whole file; was it cut short?");
        }
        long count = all.get(MappedFile.LONG, at);
        long itemBytes =
                storage.typed() ? storage.element().map(TorchElement::bytes).orElseThrow() : 1;
        if (count < 0 || count > storage.bytes() || count * itemBytes != storage.bytes()) {
            throw new FormatException(
                    file,
                    "storage %s with %d elements at byte %d".formatted(storage.key(), count, at),
                    storage.bytes() / itemBytes + " as the pickle says");
        }
        storages.put(storage.key(), all.asSlice(at + Long.BYTES, storage.bytes()));
        return at + Long.BYTES + storage.bytes();
    }

    private static void requireLittleEndian(Path file, PickleValue system) {
        if (system instanceof Dict dict
                && new Truth(false).equals(dict.items().get(new Text("little_endian")))) {
            throw new FormatException(
                    file, "byte order 'big'", "a file saved on a little-endian machine");
        }
    }
}
