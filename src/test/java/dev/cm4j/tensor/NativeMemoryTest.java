package dev.cm4j.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.foreign.TorchOutOfMemoryException;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Memory is counted and limited, threads are set, and the library describes itself. */
@ExtendWith(NoLeaks.class)
class NativeMemoryTest {
    private static final long MEBI = 1 << 20;

    @Test
    void passing_the_limit_fails_and_the_process_goes_on() {
        try (var _ = Scope.open()) {
            Tensor kept = Tensor.ones(DType.F32, 1000);
            NativeMemory.limit(NativeMemory.now() + MEBI);
            try {
                var error =
                        assertThrows(
                                TorchOutOfMemoryException.class,
                                () -> Tensor.zeros(DType.F32, 4 * MEBI));
                assertTrue(error.getMessage().contains("f32[4194304]"), error.getMessage());
                assertTrue(error.getMessage().contains("limit"), error.getMessage());
                assertThrows(
                        TorchOutOfMemoryException.class, () -> kept.expand(MEBI, 1000).plus(1));
                assertEquals(1000, kept.sum().item());
            } finally {
                NativeMemory.limit(0);
            }
            assertEquals(0, NativeMemory.limit());
            assertEquals(4.0 * MEBI, Tensor.ones(DType.F32, 4 * MEBI).sum().item());
        }
    }

    @Test
    void the_peak_remembers() {
        NativeMemory.resetPeak();
        long before = NativeMemory.peak();
        try (var _ = Scope.open()) {
            Tensor.zeros(DType.U8, MEBI).close();
        }
        assertTrue(NativeMemory.peak() >= before + MEBI);
        NativeMemory.resetPeak();
        assertEquals(NativeMemory.now(), NativeMemory.peak());
        assertThrows(IllegalArgumentException.class, () -> NativeMemory.limit(-1));
    }

    @Test
    void threads_can_be_set() {
        int before = Threads.get();
        Threads.set(1);
        assertEquals(1, Threads.get());
        Threads.set(before);
        assertEquals(before, Threads.get());
        assertThrows(IllegalArgumentException.class, () -> Threads.set(0));
    }

    @Test
    void the_library_describes_itself() {
        for (String key :
                new String[] {
                    "isa", "kernels", "precision", "threads", "cores", "cuda", "compiler", "onednn"
                }) {
            assertTrue(Library.info().containsKey(key), key + " is not among " + Library.info());
        }
        assertTrue(Library.torchVersion().matches("\\d+\\.\\d+\\.\\d+.*"), Library.torchVersion());
        assertTrue(Library.version().matches("\\d+\\.\\d+\\.\\d+.*"), Library.version());
        assertTrue(Library.cudaDevices() >= 0);
        assertThrows(
                RuntimeException.class, () -> Library.loadCuda(Path.of("no", "such", "plugin.so")));
    }
}
