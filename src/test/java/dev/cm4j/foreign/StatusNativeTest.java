package dev.cm4j.foreign;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.ffi.Cm4j_h;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class StatusNativeTest {
    @BeforeAll
    static void load() {
        NativeLibrary.load();
    }

    @Test
    void zero_is_success() {
        assertDoesNotThrow(() -> Status.check(0, "nothing"));
    }

    @Test
    void a_bad_argument_keeps_the_native_sentence() {
        int status = Cm4j_h.cm_tensor_info(MemorySegment.NULL, MemorySegment.NULL);
        assertEquals(Cm4j_h.CM_BAD_ARGUMENT(), status);
        var error =
                assertThrows(IllegalArgumentException.class, () -> Status.check(status, "asking"));
        assertTrue(error.getMessage().startsWith("asking: "), error.getMessage());
        assertTrue(error.getMessage().length() > "asking: ".length() + 4, error.getMessage());
    }

    @Test
    void every_other_code_is_a_torch_exception_with_its_code() {
        for (int code : new int[] {1, 2, 3, 6, 7, 8}) {
            var error = assertThrows(TorchException.class, () -> Status.check(code, "trying"));
            assertEquals(code, error.code());
            assertEquals("trying", error.operation());
        }
    }

    @Test
    void out_of_memory_tells_the_memory_in_use() {
        var error = assertThrows(TorchOutOfMemoryException.class, () -> Status.check(5, "growing"));
        assertTrue(error.getMessage().contains("in use"), error.getMessage());
        assertTrue(error.getMessage().contains("limit none"), error.getMessage());
    }
}
