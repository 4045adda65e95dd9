package dev.cm4j.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.testing.NoLeaks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Data in, data out, and what a tensor knows of itself. */
@ExtendWith(NoLeaks.class)
class TensorNativeTest {
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void arrays_come_back() {
        assertArrayEquals(
                new float[] {1, -2, 3e-9f}, Tensor.of(new float[] {1, -2, 3e-9f}).toFloats());
        assertArrayEquals(
                new double[] {Math.PI, 2}, Tensor.of(new double[] {Math.PI, 2}, 1, 2).toDoubles());
        assertArrayEquals(
                new long[] {Long.MAX_VALUE}, Tensor.of(new long[] {Long.MAX_VALUE}).toLongs());
        assertArrayEquals(new byte[] {0, -1, 127}, Tensor.of(new byte[] {0, -1, 127}, 3).toBytes());
        assertArrayEquals(new float[0], Tensor.of(new float[0], 0, 3).toFloats());
    }

    @Test
    void bytes_are_unsigned_when_converted() {
        assertArrayEquals(new float[] {0, 255, 127}, Tensor.of(new byte[] {0, -1, 127}).toFloats());
        var error =
                assertThrows(
                        IllegalArgumentException.class, () -> Tensor.of(new float[] {1}).toBytes());
        assertTrue(error.getMessage().contains("to(DType.U8)"), error.getMessage());
    }

    @Test
    void it_knows_its_shape() {
        Tensor t = Tensor.zeros(DType.F64, 2, 3, 4);
        assertArrayEquals(new long[] {2, 3, 4}, t.shape());
        assertEquals(3, t.rank());
        assertEquals(4, t.size(-1));
        assertEquals(2, t.size(0));
        assertEquals(24, t.elementCount());
        assertEquals(DType.F64, t.dtype());
        assertEquals(Device.CPU, t.device());
        assertTrue(t.isContiguous());
        assertFalse(t.permute(2, 0, 1).isContiguous());
        assertFalse(t.requiresGrad());
        assertEquals("f64[2, 3, 4]", t.toString());
        assertThrows(IndexOutOfBoundsException.class, () -> t.size(3));
        assertEquals(0, Tensor.full(7, DType.F32).rank());
        assertEquals(7, Tensor.full(7, DType.F32).item());
        assertThrows(IllegalArgumentException.class, t::item);
    }

    @Test
    void its_shape_is_not_writable_from_outside() {
        Tensor t = Tensor.zeros(DType.F32, 2);
        t.shape()[0] = 9;
        assertEquals(2, t.size(0));
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void every_type_can_be_made_and_converted(DType type) {
        Tensor ones = Tensor.ones(type, 3);
        assertEquals(type, ones.dtype());
        assertArrayEquals(new float[] {1, 1, 1}, ones.toFloats());
        assertArrayEquals(new long[] {0, 1}, Tensor.of(new float[] {0, 1}).to(type).toLongs());
        assertEquals(3L * type.bytes(), ones.asSegment().byteSize());
    }

    @Test
    void a_wrong_number_of_bytes_is_refused_with_both_numbers() {
        var error =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> Tensor.of(new float[] {1, 2, 3}, 2, 2));
        assertEquals("f32[2, 2] takes 16 bytes, the data has 12", error.getMessage());
        assertThrows(IllegalArgumentException.class, () -> Tensor.of(new float[] {1}, -1));
    }

    @Test
    void a_view_reads_row_major() {
        Tensor t = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, t.permute(1, 0).toFloats());
    }

    @Test
    void as_segment_is_the_memory_itself() {
        Tensor t = Tensor.zeros(DType.F32, 2, 2);
        MemorySegment memory = t.asSegment();
        memory.setAtIndex(JAVA_FLOAT, 3, 9);
        assertArrayEquals(new float[] {0, 0, 0, 9}, t.toFloats());
        t.fill(4);
        assertEquals(4, memory.getAtIndex(JAVA_FLOAT, 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> Tensor.zeros(DType.F32, 2, 3).permute(1, 0).asSegment());
    }

    @Test
    void a_segment_dies_with_the_scope_and_not_with_the_tensor() {
        MemorySegment memory;
        try (var _ = Scope.open()) {
            Tensor t = Tensor.ones(DType.F32, 1000);
            memory = t.asSegment();
            t.close();
            Tensor.zeros(DType.F32, 1000);
            assertEquals(1, memory.getAtIndex(JAVA_FLOAT, 999));
        }
        assertThrows(IllegalStateException.class, () -> memory.getAtIndex(JAVA_FLOAT, 0));
    }

    @Test
    void copies_are_copies() {
        float[] values = {1, 2};
        Tensor t = Tensor.of(values);
        values[0] = 9;
        Tensor copy = t.copy();
        t.fill(5);
        assertArrayEquals(new float[] {1, 2}, copy.toFloats());
        assertEquals(5, t.detach().toFloats()[0]);
    }

    @Test
    void copy_to_a_segment_or_an_array() {
        Tensor t = Tensor.of(new float[] {1, 2});
        float[] array = new float[2];
        t.copyTo(MemorySegment.ofArray(array));
        assertArrayEquals(new float[] {1, 2}, array);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment native8 = arena.allocate(8, 4);
            t.copyTo(native8);
            assertEquals(2, native8.getAtIndex(JAVA_FLOAT, 1));
            assertThrows(IllegalArgumentException.class, () -> t.copyTo(arena.allocate(12)));
        }
    }

    @Test
    void wrapping_shares_memory_both_ways() {
        try (Arena arena = Arena.ofConfined();
                var _ = Scope.open()) {
            MemorySegment memory = arena.allocateFrom(JAVA_FLOAT, 1, 2, 3);
            Tensor t = Tensor.wrap(memory, DType.F32, 3);
            memory.setAtIndex(JAVA_FLOAT, 1, 7);
            assertArrayEquals(new float[] {1, 7, 3}, t.toFloats());
            assertEquals(memory.address(), t.asSegment().address());
        }
    }

    @Test
    void what_is_wrapped_is_returned_when_the_last_tensor_over_it_is_gone() {
        int before = Loans.count();
        try (var outer = Scope.open()) {
            Tensor view;
            try (var _ = Scope.open()) {
                Tensor t = Tensor.wrap(Arena.ofAuto().allocate(16, 4), DType.F32, 4);
                assertEquals(before + 1, Loans.count());
                view = t.narrow(0, 1, 2).escapeTo(outer);
            }
            assertEquals(before + 1, Loans.count());
            assertArrayEquals(new float[] {0, 0}, view.toFloats());
        }
        assertEquals(before, Loans.count());
    }

    @Test
    void an_early_close_returns_what_is_wrapped() {
        int before = Loans.count();
        Tensor.wrap(Arena.ofAuto().allocate(16, 4), DType.F32, 4).close();
        assertEquals(before, Loans.count());
    }

    @Test
    void what_cannot_be_wrapped_is_refused_with_the_way_out() {
        int before = Loans.count();
        var array =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> Tensor.wrap(MemorySegment.ofArray(new float[1]), DType.F32, 1));
        assertTrue(array.getMessage().contains("copyOf"), array.getMessage());
        MemorySegment odd = Arena.ofAuto().allocate(8, 8).asSlice(1, 4);
        var address =
                assertThrows(IllegalArgumentException.class, () -> Tensor.wrap(odd, DType.F32, 1));
        assertTrue(address.getMessage().contains("copyOf"), address.getMessage());
        assertEquals(0, Tensor.copyOf(odd, DType.F32, 1).item());
        assertThrows(IllegalArgumentException.class, () -> Tensor.wrap(odd, DType.U8, 5));
        assertEquals(before, Loans.count());
    }

    @Test
    void assign_converts() {
        Tensor target = Tensor.zeros(DType.BF16, 2);
        target.assign(Tensor.of(new double[] {1.5, -2}));
        assertArrayEquals(new float[] {1.5f, -2}, target.toFloats());
        assertThrows(RuntimeException.class, () -> target.assign(Tensor.zeros(DType.F32, 3)));
    }
}
