package dev.cm4j.preset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Files that change places, each place holding a whole file at every instant. */
final class PlaceSwap {

    private PlaceSwap() {}

    /**
     * Moves files of one folder.
     *
     * <p>Each file first gets a second, hidden name, then each place one of those by a rename. So
     * nothing is lost where the machine stops between; what had a place twice then is the same
     * file.
     *
     * @param from whole files
     * @param to a place for each, in the same order; what lay there and is not among the files goes
     * @throws IOException if the disk refuses; each place then holds its old file or its new one
     */
    static void move(List<Path> from, List<Path> to) throws IOException {
        List<Path> hidden = new ArrayList<>();
        try {
            for (int i = 0; i < from.size(); i++) {
                if (!from.get(i).equals(to.get(i))) {
                    Path second = to.get(i).resolveSibling("." + to.get(i).getFileName() + ".new");
                    Files.deleteIfExists(second); // of a writer that was killed
                    link(second, from.get(i));
                    hidden.add(second);
                }
            }
            int next = 0;
            for (int i = 0; i < from.size(); i++) {
                if (!from.get(i).equals(to.get(i))) {
                    Files.move(hidden.get(next++), to.get(i), StandardCopyOption.ATOMIC_MOVE);
                }
            }
        } finally {
            for (Path left : hidden) {
                Files.deleteIfExists(left);
            }
        }
    }

    private static void link(Path name, Path file) throws IOException {
        try {
            Files.createLink(name, file);
        } catch (UnsupportedOperationException | IOException noLinks) { // such as on FAT
            Files.copy(file, name, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
