package dev.cm4j.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.ffi.Cm4j_h;
import dev.cm4j.foreign.NativeLibrary;
import dev.cm4j.house.CHeader.Prototype;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every native function survives nothing at all, and says so. */
class NullArgumentsNativeTest {
    /** To these, nothing is a fair argument. */
    private static final Set<String> CONTENT = Set.of("cm_memory_limit_set", "cm_grad_mode_set");

    private static CHeader header;

    @BeforeAll
    static void load() throws IOException {
        NativeLibrary.load();
        header = CHeader.ofRepository();
    }

    static Stream<Prototype> functions() throws IOException {
        return CHeader.ofRepository().prototypes().stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("functions")
    void nothing_is_survived(Prototype function) throws Throwable {
        var handle =
                (MethodHandle) Cm4j_h.class.getMethod(function.name() + "$handle").invoke(null);
        List<Object> arguments =
                handle.type().parameterList().stream()
                        .map(NullArgumentsNativeTest::nothing)
                        .toList();
        Object result = handle.invokeWithArguments(arguments);
        if (function.result().equals("cm_status") && !CONTENT.contains(function.name())) {
            assertNotEquals(header.constants().get("CM_OK"), result, function.name());
            assertTrue(lastError().length() > 4, function.name() + " says '" + lastError() + "'");
        }
        if (function.name().endsWith("_create") || function.name().startsWith("cm_tensor_")) {
            assertTrue(
                    !function.result().equals("cm_status")
                            || header.constants().get("CM_BAD_ARGUMENT").equals(result),
                    function.name() + " answers " + result);
        }
    }

    private static Object nothing(Class<?> type) {
        if (type == MemorySegment.class) {
            return MemorySegment.NULL;
        }
        if (type == double.class) {
            return 0.0;
        }
        return type == long.class ? (Object) 0L : (Object) 0;
    }

    private static String lastError() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(1000);
            long length = Cm4j_h.cm_last_error(buffer, buffer.byteSize());
            String sentence = buffer.getString(0);
            assertEquals(length, sentence.getBytes(StandardCharsets.UTF_8).length);
            return sentence;
        }
    }
}
