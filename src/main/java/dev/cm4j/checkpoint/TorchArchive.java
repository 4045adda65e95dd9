package dev.cm4j.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a checkpoint of PyTorch 1.6 and later: a zip file with a pickle and one record a storage.
 */
final class TorchArchive {

    private static final int LONGEST_REMARK = 64;

    private final Path file;
    private final ZipRecords zip;
    private final String prefix;
    private final Arena arena;
    private final List<String> notices = new ArrayList<>();

    private TorchArchive(Path file, ZipRecords zip, String prefix, Arena arena) {
        this.file = file;
        this.zip = zip;
        this.prefix = prefix;
        this.arena = arena;
    }

    static TorchContent read(Path file, MemorySegment all, Arena arena) {
        ZipRecords zip = ZipRecords.of(file, all);
        return new TorchArchive(file, zip, commonPrefix(file, zip), arena).read();
    }

    private TorchContent read() {
        refuseOtherArchives();
        checkVersion();
        checkByteOrder();
        MemorySegment pickle =
                content("data.pkl", PickleBytes.LONGEST)
                        .orElseThrow(() ->
                                new FormatException(
                                        file,
                                        "a zip file without "
                                                + TensorName.shown(prefix)
                                                + "data.pkl",
                                        "a PyTorch checkpoint"));
        PickleBytes in = new PickleBytes(file, "data.pkl ", pickle, 0);
        TorchReducer reducer = new TorchReducer(in);
        PickleValue root = new Unpickler(in, reducer).load();
        Map<String, TorchView> tensors = NameTree.flatten(file, root);
        Map<String, MemorySegment> storages = new HashMap<>();
        for (TorchStorage storage : reducer.storages().values()) {
            storages.put(storage.key(), bytesOf(storage));
        }
        return new TorchContent(tensors, storages, notices);
    }

    private MemorySegment bytesOf(TorchStorage storage) {
        String name = prefix + "data/" + storage.key();
        ZipRecords.ZipRecord entry =
                zip.record(name)
                        .orElseThrow(() ->
                                new FormatException(
                                        file,
                                        "record " + TensorName.shown(name) + " is missing",
                                        "every storage the pickle names"));
        if (entry.size() != storage.bytes()) {
            throw new FormatException(
                    file,
                    "record " + TensorName.shown(name) + " has " + entry.size() + " bytes",
                    storage.bytes() + " as the pickle says");
        }
        return zip.content(entry, arena);
    }

    private void refuseOtherArchives() {
        if (zip.record(prefix + "constants.pkl").isPresent()) {
            throw new FormatException(
                    file, "a TorchScript program", "a state dict; save model.state_dict() instead");
        }
        if (zip.record(prefix + "archive_format").isPresent()) {
            throw new FormatException(
                    file, "an exported program", "a state dict; save model.state_dict() instead");
        }
    }

    private void checkVersion() {
        Optional<String> version = remark("version").or(() -> remark(".data/version"));
        if (version.isEmpty()) {
            notices.add(file + " has no version record, PyTorch itself would refuse it");
            return;
        }
        String text = version.orElseThrow();
        if (!text.matches("[1-9]|10")) {
            throw new FormatException(file, "format version '" + text + "'", "1 to 10");
        }
    }

    private void checkByteOrder() {
        String order = remark("byteorder").orElse("little");
        if (!order.equals("little")) {
            throw new FormatException(
                    file, "byte order '" + order + "'", "a file saved on a little-endian machine");
        }
    }

    private Optional<String> remark(String name) {
        return content(name, LONGEST_REMARK)
                .map(bytes ->
                        new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII)
                                .strip());
    }

    /** A record, unpacked only if it says that it has no more bytes than it may have. */
    private Optional<MemorySegment> content(String name, long longest) {
        return zip.record(prefix + name)
                .map(entry -> {
                    if (entry.size() > longest) {
                        throw new FormatException(
                                file,
                                "a %s of %d bytes".formatted(name, entry.size()),
                                "at most " + longest);
                    }
                    return zip.content(entry, arena);
                });
    }

    /** The folder all records share, with its slash. */
    private static String commonPrefix(Path file, ZipRecords zip) {
        String first = zip.records().keySet().stream().findFirst().orElse("");
        String prefix = first.substring(0, first.indexOf('/') + 1);
        for (String name : zip.records().keySet()) {
            if (prefix.isEmpty() || !name.startsWith(prefix)) {
                throw new FormatException(
                        file,
                        "a zip file with a record '"
                                + TensorName.shown(name)
                                + "' beside the others",
                        "a PyTorch checkpoint, whose records share one folder, data.pkl among them");
            }
        }
        if (prefix.isEmpty()) {
            throw new FormatException(file, "an empty zip file", "a PyTorch checkpoint");
        }
        return prefix;
    }
}
