package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosingTest {

    @Test
    void a_failure_leaves_nothing_open() {
        List<String> closed = new ArrayList<>();
        List<Runnable> all =
                List.of(
                        () -> closed.add("first"),
                        () -> fail("second"),
                        () -> fail("third"),
                        () -> closed.add("fourth"));
        var failure = assertThrows(IllegalStateException.class, () -> Closing.all(all));
        assertEquals(List.of("fourth", "first"), closed);
        assertEquals("third", failure.getMessage());
        assertEquals("second", failure.getSuppressed()[0].getMessage());
        Closing.all(List.of());
    }

    private static void fail(String what) {
        throw new IllegalStateException(what);
    }
}
