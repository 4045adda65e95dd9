package dev.cm4j.house;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A channel may take less than it is given, so nobody hands it a buffer and forgets the rest. */
class WholeWritesTest {

    @Test
    void buffers_are_written_to_their_end() throws IOException {
        List<String> wrong = new ArrayList<>();
        try (Stream<Path> sources = Files.walk(Path.of("src", "main", "java"))) {
            for (Path file : sources.filter(f -> f.toString().endsWith(".java")).toList()) {
                if (Files.readString(file).contains("channel.write(ByteBuffer.wrap(")) {
                    wrong.add(file.toString());
                }
            }
        }
        assertEquals(List.of(), wrong);
    }
}
