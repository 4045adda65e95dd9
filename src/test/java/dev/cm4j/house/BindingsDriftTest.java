package dev.cm4j.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.ffi.Cm4j_h;
import dev.cm4j.foreign.NativeLibrary;
import dev.cm4j.house.CHeader.Prototype;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The committed bindings are those of the committed header, and of the built library. */
class BindingsDriftTest {
    private static final Path BINDINGS = Path.of("bindings");
    private static final String DESCRIPTOR = "$descriptor";

    private static CHeader header;

    @BeforeAll
    static void read() throws IOException {
        header = CHeader.ofRepository();
        NativeLibrary.load();
    }

    @Test
    void every_prototype_has_one_binding_and_every_binding_a_prototype() {
        List<String> bound =
                Arrays.stream(Cm4j_h.class.getMethods())
                        .map(Method::getName)
                        .filter(name -> name.endsWith(DESCRIPTOR))
                        .map(name -> name.substring(0, name.length() - DESCRIPTOR.length()))
                        .sorted()
                        .toList();
        assertEquals(header.prototypes().stream().map(Prototype::name).sorted().toList(), bound);
    }

    @Test
    void descriptors_match_in_order_and_width_and_symbols_resolve()
            throws ReflectiveOperationException {
        for (Prototype function : header.prototypes()) {
            // Asking for the descriptor links the function, which fails where the library lacks the
            // symbol.
            var bound =
                    (FunctionDescriptor)
                            Cm4j_h.class.getMethod(function.name() + DESCRIPTOR).invoke(null);
            MemoryLayout[] parameters =
                    function.types().stream()
                            .map(BindingsDriftTest::layout)
                            .toArray(MemoryLayout[]::new);
            FunctionDescriptor declared =
                    function.result().equals("void")
                            ? FunctionDescriptor.ofVoid(parameters)
                            : FunctionDescriptor.of(layout(function.result()), parameters);
            assertEquals(declared, plain(bound), function.name());
        }
    }

    @Test
    void constants_have_the_values_of_the_header() throws ReflectiveOperationException {
        for (var constant : header.constants().entrySet()) {
            Object value = Cm4j_h.class.getMethod(constant.getKey()).invoke(null);
            assertEquals(constant.getValue(), value, constant.getKey());
        }
        Set<String> bound =
                Arrays.stream(Cm4j_h.class.getMethods())
                        .map(Method::getName)
                        .filter(name -> name.startsWith("CM_"))
                        .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(header.constants().keySet()), bound);
    }

    @Test
    void the_list_of_includes_is_complete() throws IOException {
        assertEquals(
                header.prototypes().stream()
                        .map(Prototype::name)
                        .collect(Collectors.toCollection(TreeSet::new)),
                included("function"));
        assertEquals(new TreeSet<>(header.constants().keySet()), included("constant"));
    }

    @Test
    void the_header_is_the_one_the_bindings_were_made_from() throws Exception {
        Properties generated = new Properties();
        try (InputStream in = Files.newInputStream(BINDINGS.resolve("GENERATED.properties"))) {
            generated.load(in);
        }
        byte[] digest =
                MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(CHeader.PATH));
        assertEquals(
                HexFormat.of().formatHex(digest),
                generated.getProperty("header.sha256"),
                "the header has changed; run bindings/generate.sh");
        assertTrue(generated.getProperty("jextract.revision").matches("[0-9a-f]{7,40}"));
    }

    private static Set<String> included(String kind) throws IOException {
        return Files.readAllLines(BINDINGS.resolve("includes.txt")).stream()
                .filter(line -> line.startsWith("--include-" + kind + " "))
                .map(line -> line.substring(line.indexOf(' ') + 1).strip())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static MemoryLayout layout(String type) {
        if (type.contains("*") || type.equals("cm_release")) {
            return ValueLayout.ADDRESS;
        }
        return switch (type) {
            case "int32_t", "uint32_t", "cm_status" -> ValueLayout.JAVA_INT;
            case "int64_t", "uint64_t" -> ValueLayout.JAVA_LONG;
            case "double" -> ValueLayout.JAVA_DOUBLE;
            default -> throw new AssertionError("no layout for the C type " + type);
        };
    }

    /** jextract's pointers know what they point at, which says nothing about order and width. */
    private static FunctionDescriptor plain(FunctionDescriptor bound) {
        Function<MemoryLayout, MemoryLayout> simple =
                l -> l instanceof AddressLayout ? ValueLayout.ADDRESS : l;
        MemoryLayout[] parameters =
                bound.argumentLayouts().stream().map(simple).toArray(MemoryLayout[]::new);
        return bound.returnLayout()
                .map(result -> FunctionDescriptor.of(simple.apply(result), parameters))
                .orElseGet(() -> FunctionDescriptor.ofVoid(parameters));
    }
}
