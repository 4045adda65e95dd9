package dev.cm4j.cli;

import dev.cm4j.EditedPicture;
import dev.cm4j.Pictures;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Writes results pixel for pixel, and a sheet where one is wanted.
 *
 * @param out a PNG file for one result, or a folder
 * @param sheet where the sheet goes
 * @param results how many results there will be
 */
record EditWriter(Path out, Optional<Path> sheet, int results) {

    EditWriter {
        String name = out.toString().toLowerCase(Locale.ROOT);
        if (name.matches(".*\\.(jpe?g|gif|bmp|webp|tiff?)")) {
            throw new IllegalArgumentException("results are PNG pictures, so not " + out);
        }
        if (results > 1 && name.endsWith(".png") && !Files.isDirectory(out)) {
            throw new IllegalArgumentException(
                    out
                            + " holds one picture, but there will be "
                            + results
                            + "; name a folder, and see them together with --sheet");
        }
        if (sheet.isPresent()
                && !sheet.get().toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
            throw new IllegalArgumentException("a sheet is a PNG file, so not " + sheet.get());
        }
    }

    /**
     * Writes results.
     *
     * @param files the pictures' files, which name the results
     * @param edited what became of them
     * @param order a row of the sheet
     * @param remarks written into every PNG
     * @return the files written
     */
    List<Path> write(
            List<Path> files,
            List<EditedPicture> edited,
            Function<EditedPicture, List<Picture>> order,
            Map<String, String> remarks) {
        List<Path> written = new ArrayList<>();
        boolean single = results == 1 && out.toString().toLowerCase(Locale.ROOT).endsWith(".png");
        if (single && !Files.isDirectory(out)) {
            written.add(write(out, edited.getFirst().results().getFirst(), remarks));
        } else {
            makeFolder(out);
            List<String> stems = files.stream().map(EditWriter::stem).toList();
            for (int i = 0; i < edited.size(); i++) {
                List<Picture> own = edited.get(i).results();
                boolean twice = Collections.frequency(stems, stems.get(i)) > 1;
                String name = stems.get(i) + (twice ? "-" + i : "");
                for (int k = 0; k < own.size(); k++) {
                    String number = own.size() > 1 ? String.format(Locale.ROOT, "-%03d", k) : "";
                    written.add(write(out.resolve(name + number + ".png"), own.get(k), remarks));
                }
            }
        }
        if (sheet.isPresent()) {
            written.add(write(sheet.get(), sheetOf(edited.stream().map(order).toList()), remarks));
        }
        return written;
    }

    /** Before, what the model was told where that differs for any, and the results. */
    static List<Picture> beforeAndAfter(EditedPicture edited) {
        List<Picture> row = new ArrayList<>(List.of(edited.before()));
        if (!edited.given().equals(edited.before())) {
            row.add(edited.given());
        }
        row.addAll(edited.small());
        return row;
    }

    /** From one picture to another. */
    static List<Picture> between(EditedPicture edited) {
        List<Picture> row = new ArrayList<>(List.of(edited.before()));
        row.addAll(edited.small());
        row.add(edited.given());
        return row;
    }

    private static Picture sheetOf(List<List<Picture>> rows) {
        int columns = rows.stream().mapToInt(List::size).max().orElseThrow();
        List<Picture> all = new ArrayList<>();
        for (List<Picture> row : rows) {
            all.add(row.getFirst());
            // A row that lacks what the model was told repeats the picture.
            all.addAll(Collections.nCopies(columns - row.size(), row.getFirst()));
            all.addAll(row.subList(1, row.size()));
        }
        return new PictureWriter(Optional.of(columns), Optional.empty())
                .grid(new Pictures(all, new long[0]));
    }

    private static Path write(Path file, Picture picture, Map<String, String> remarks) {
        Png.write(file, picture, remarks);
        return file;
    }

    private static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the folder " + folder, e);
        }
    }

    private static String stem(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }
}
