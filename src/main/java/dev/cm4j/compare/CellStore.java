package dev.cm4j.compare;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The finished cells of a comparison, a file each: {@code cells/KEY.json}, and {@code strips/} with
 * pictures. A cell that is there is never measured again.
 */
final class CellStore {

    private static final int NAME_DIGITS = 16;

    private final Path folder;

    /**
     * @param folder of the comparison
     */
    CellStore(Path folder) {
        this.folder = folder;
    }

    /** A finished cell, as the comparison now calls it. */
    Optional<Cell> find(String key) {
        Path file = file(key);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Cell found = Json.read(file, Cell.class);
        boolean whole = found.strip().isEmpty() || Files.exists(strip(found.strip()));
        return whole && found.key().equals(key) ? Optional.of(found) : Optional.empty();
    }

    /** Keeps a cell. */
    void keep(Cell cell) {
        Json.write(file(cell.key()), cell);
    }

    /** Where the pictures of a cell lie. */
    Path strip(String name) {
        return folder.resolve("strips").resolve(name);
    }

    /** Name of the pictures of a cell. */
    static String stripName(String key) {
        return key.substring(0, NAME_DIGITS) + ".png";
    }

    private Path file(String key) {
        return folder.resolve("cells").resolve(key.substring(0, NAME_DIGITS) + ".json");
    }
}
