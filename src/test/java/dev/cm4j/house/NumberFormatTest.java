package dev.cm4j.house;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Numbers with leading zeros name files and are read again, so they are written in no locale but
 * {@code Locale.ROOT}.
 */
class NumberFormatTest {

    private static final Pattern PADDED = Pattern.compile("\"[^\"\n]*%0\\d+d[^\"\n]*\"");
    private static final Pattern NEUTRAL = Pattern.compile("Locale\\.ROOT,\\s*$");

    @Test
    void padded_numbers_are_written_alike_everywhere() throws IOException {
        List<String> wrong = new ArrayList<>();
        try (Stream<Path> sources = Files.walk(Path.of("src", "main", "java"))) {
            sources.filter(file -> file.toString().endsWith(".java"))
                    .forEach(file -> wrong.addAll(wrong(file)));
        }
        assertEquals(List.of(), wrong);
    }

    private static List<String> wrong(Path file) {
        try {
            String text = Files.readString(file);
            return PADDED.matcher(text)
                    .results()
                    .filter(found -> !NEUTRAL.matcher(text.substring(0, found.start())).find())
                    .map(found -> file + ": " + found.group())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
