package dev.cm4j.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.NativeMemory.Kind;
import dev.cm4j.testing.NoLeaks;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who lives how long, and what happens to those who ask later. */
@ExtendWith(NoLeaks.class)
class ScopeNativeTest {
    @Test
    void closing_frees_all() {
        long before = NativeMemory.live(Kind.TENSOR);
        long bytes = NativeMemory.now();
        try (var _ = Scope.open()) {
            for (int i = 0; i < 10; i++) {
                Tensor.zeros(DType.F32, 1000);
            }
            assertEquals(before + 10, NativeMemory.live(Kind.TENSOR));
            assertTrue(NativeMemory.now() >= bytes + 40_000);
        }
        assertEquals(before, NativeMemory.live(Kind.TENSOR));
        assertEquals(bytes, NativeMemory.now());
    }

    @Test
    void use_after_the_scope_has_closed_is_refused() {
        Tensor late;
        try (var _ = Scope.open()) {
            late = Tensor.ones(DType.F32, 2);
            assertEquals("f32[2]", late.toString());
        }
        assertEquals("closed tensor", late.toString());
        try (var _ = Scope.open()) {
            var error = assertThrows(IllegalStateException.class, () -> late.plus(1));
            assertTrue(error.getMessage().contains("escapeTo"), error.getMessage());
            assertThrows(IllegalStateException.class, late::shape);
            assertThrows(IllegalStateException.class, late::toFloats);
            assertThrows(IllegalStateException.class, () -> Tensor.ones(DType.F32, 2).plus(late));
            late.close();
        }
    }

    @Test
    void use_after_an_early_close_is_refused_and_the_storage_is_gone() {
        try (var _ = Scope.open()) {
            long before = NativeMemory.now();
            Tensor big = Tensor.zeros(DType.F32, 1 << 20);
            big.close();
            big.close();
            assertEquals(before, NativeMemory.now());
            var error = assertThrows(IllegalStateException.class, big::toFloats);
            assertTrue(error.getMessage().contains("closed"), error.getMessage());
        }
    }

    @Test
    void a_view_outlives_an_early_close_of_its_origin() {
        try (var _ = Scope.open()) {
            Tensor origin = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
            Tensor row = origin.select(0, 1);
            origin.close();
            assertArrayEquals(new float[] {3, 4}, row.toFloats());
        }
    }

    @Test
    void escaping_keeps_a_tensor_and_only_that() {
        try (var outer = Scope.open()) {
            long before = NativeMemory.live(Kind.TENSOR);
            Tensor kept;
            try (var _ = Scope.open()) {
                Tensor inner = Tensor.of(new float[] {1, 2});
                inner.plus(1);
                kept = inner.times(3).escapeTo(outer);
            }
            assertEquals(before + 1, NativeMemory.live(Kind.TENSOR));
            assertArrayEquals(new float[] {3, 6}, kept.toFloats());
        }
    }

    @Test
    void a_keeper_stands_beside_the_stack() {
        Tensor kept;
        Scope keeper = Scope.keeper();
        try (var scope = Scope.open()) {
            assertEquals(scope, Scope.current());
            kept = Tensor.of(new float[] {5}).escapeTo(keeper);
        }
        try (var _ = Scope.open()) {
            assertEquals(5, kept.item());
            keeper.close();
            assertThrows(IllegalStateException.class, kept::item);
        }
    }

    @Test
    void scopes_close_innermost_first() {
        Scope outer = Scope.open();
        Scope inner = Scope.open();
        var error = assertThrows(IllegalStateException.class, outer::close);
        assertTrue(error.getMessage().contains("still open"), error.getMessage());
        inner.close();
        inner.close();
        outer.close();
    }

    @Test
    void without_a_scope_the_message_shows_how() {
        var error = assertThrows(IllegalStateException.class, () -> Tensor.zeros(DType.F32, 1));
        assertTrue(error.getMessage().contains("Scope.open()"), error.getMessage());
    }

    @Test
    void another_thread_is_refused() throws InterruptedException {
        try (var scope = Scope.open()) {
            Tensor mine = Tensor.ones(DType.F32, 2);
            assertInstanceOf(
                    WrongThreadException.class, inOtherThread(Thread.ofPlatform(), scope::close));
            Throwable use =
                    inOtherThread(
                            Thread.ofPlatform(),
                            () -> {
                                try (var _ = Scope.open()) {
                                    mine.plus(1);
                                }
                            });
            assertInstanceOf(WrongThreadException.class, use);
            assertTrue(
                    use.getMessage().contains(Thread.currentThread().getName()), use.getMessage());
            assertArrayEquals(new float[] {1, 1}, mine.toFloats());
        }
    }

    @Test
    void a_virtual_thread_is_refused() throws InterruptedException {
        Throwable thrown = inOtherThread(Thread.ofVirtual(), Scope::open);
        assertInstanceOf(IllegalStateException.class, thrown);
        assertTrue(thrown.getMessage().contains("platform thread"), thrown.getMessage());
        assertInstanceOf(
                IllegalStateException.class,
                inOtherThread(Thread.ofVirtual(), () -> Rng.seeded(1)));
        assertInstanceOf(
                IllegalStateException.class, inOtherThread(Thread.ofVirtual(), Gradients::enabled));
    }

    @Test
    void an_exception_inside_frees_too() {
        long before = NativeMemory.live(Kind.TENSOR);
        assertThrows(
                RuntimeException.class,
                () -> {
                    try (var _ = Scope.open()) {
                        Tensor.ones(DType.F32, 2, 3).matmul(Tensor.ones(DType.F32, 2, 3));
                    }
                });
        assertEquals(before, NativeMemory.live(Kind.TENSOR));
    }

    private static Throwable inOtherThread(Thread.Builder builder, Runnable work)
            throws InterruptedException {
        var thrown = new AtomicReference<Throwable>();
        builder.start(
                        () -> {
                            try {
                                work.run();
                            } catch (Throwable e) {
                                thrown.set(e);
                            }
                        })
                .join();
        return thrown.get();
    }
}
