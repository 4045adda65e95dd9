package dev.cm4j.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.house.CHeader.Prototype;
import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules of the C interface. */
class HeaderTest {
    /** Functions that cannot fail and therefore answer with a value. */
    private static final Set<String> GETTERS =
            Set.of(
                    "cm_abi_version",
                    "cm_version",
                    "cm_torch_version",
                    "cm_torch_runtime_version",
                    "cm_last_error",
                    "cm_library_info",
                    "cm_threads_get",
                    "cm_live_count",
                    "cm_memory_bytes",
                    "cm_memory_peak_reset",
                    "cm_cuda_device_count",
                    "cm_tensor_reset",
                    "cm_unet_parameter_count",
                    "cm_optim_step_count",
                    "cm_graph_captures");

    private static final Set<String> TYPES =
            Set.of(
                    "void",
                    "char",
                    "double",
                    "int32_t",
                    "int64_t",
                    "uint32_t",
                    "uint64_t",
                    "cm_status",
                    "cm_release");

    private static CHeader header;

    @BeforeAll
    static void read() throws IOException {
        header = CHeader.ofRepository();
    }

    @Test
    void one_screenful_of_rules_opens_it_and_it_stays_short() {
        assertTrue(header.lines().size() < 700, header.lines().size() + " lines");
        String opening = String.join("\n", header.lines().subList(0, 20));
        for (String rule : List.of("Errors", "Ownership", "Threads", "Layout", "Sections")) {
            assertTrue(opening.contains(rule), rule);
        }
    }

    @Test
    void sections_follow_their_announcement() {
        String text = String.join("\n", header.lines());
        Matcher announcement = Pattern.compile("Sections\\s+([^.]*)\\.").matcher(text);
        assertTrue(announcement.find());
        List<String> announced =
                Arrays.stream(announcement.group(1).replace("*", "").split(","))
                        .map(s -> s.strip().replaceAll("\\s+", " "))
                        .toList();
        List<String> found =
                Pattern.compile("/\\* ---- ([a-z ]+)")
                        .matcher(text)
                        .results()
                        .map(m -> m.group(1).strip())
                        .toList();
        assertEquals(announced.size(), found.size(), announced + " / " + found);
        for (int i = 0; i < announced.size(); i++) {
            assertTrue(
                    found.get(i).startsWith(announced.get(i)),
                    announced.get(i) + " / " + found.get(i));
        }
    }

    @Test
    void only_two_headers_are_included() {
        assertEquals(
                List.of("#include <stddef.h>", "#include <stdint.h>"),
                header.lines().stream().filter(line -> line.startsWith("#include")).toList());
    }

    @Test
    void only_types_of_fixed_width_and_our_own_handles() {
        Set<String> handles = header.handles();
        for (Prototype function : header.prototypes()) {
            for (String type : function.allTypes()) {
                String base = type.replace("const", "").replace("*", "").strip();
                assertTrue(
                        TYPES.contains(base) || handles.contains(base),
                        function.name() + " uses " + base);
                assertTrue(
                        !handles.contains(base) || type.contains("*"),
                        function.name() + " passes " + base + " by value");
            }
        }
    }

    @Test
    void no_variadics_bit_fields_or_callable_macros() {
        String code = header.code();
        assertTrue(!code.contains("..."), "variadic");
        assertTrue(!Pattern.compile("#define \\w+\\(").matcher(code).find(), "callable macro");
        assertTrue(
                !Pattern.compile("\\bstruct \\w+ *\\{").matcher(code).find(),
                "a struct that is not opaque");
        assertTrue(
                !Pattern.compile("\\b(long|short|unsigned|size_t|bool|float)\\b")
                        .matcher(code)
                        .find(),
                "a type of no fixed width");
    }

    @Test
    void names_have_our_prefix() {
        for (Prototype function : header.prototypes()) {
            assertTrue(function.name().matches("cm_[a-z0-9_]+"), function.name());
        }
        for (String constant : header.constants().keySet()) {
            assertTrue(constant.matches("CM_[A-Z0-9_]+"), constant);
        }
    }

    @Test
    void what_can_fail_returns_a_status() {
        for (Prototype function : header.prototypes()) {
            boolean answers =
                    GETTERS.contains(function.name()) || function.name().endsWith("_free");
            assertEquals(
                    !answers,
                    function.result().equals("cm_status"),
                    function.name() + " returns " + function.result());
        }
        Set<String> known =
                header.prototypes().stream()
                        .map(Prototype::name)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertTrue(known.containsAll(GETTERS), "a getter listed here is no longer in the header");
    }

    @Test
    void what_is_freed_is_one_handle() {
        for (Prototype function : header.prototypes()) {
            if (function.name().endsWith("_free")) {
                assertEquals("void", function.result(), function.name());
                assertEquals(1, function.types().size(), function.name());
            }
        }
    }

    @Test
    void outputs_come_last() {
        for (Prototype function : header.prototypes()) {
            int out = function.names().indexOf("out");
            boolean result = out >= 0 && function.types().get(out).endsWith("* *");
            assertTrue(!result || out == function.names().size() - 1, function.name());
        }
    }

    @Test
    void every_buffer_comes_with_its_size_and_every_shape_with_its_rank() {
        for (Prototype function : header.prototypes()) {
            List<String> names = function.names();
            for (String buffer : List.of("data", "buffer", "state")) {
                int at = names.indexOf(buffer);
                assertTrue(
                        at < 0 || names.get(at + 1).equals(buffer + "_bytes"),
                        function.name() + ": " + buffer);
            }
            int shape = names.indexOf("shape");
            assertTrue(
                    shape < 0 || names.get(shape + 1).equals("ndim"), function.name() + ": shape");
        }
    }

    @Test
    void status_numbers_are_never_reused() {
        assertEquals(
                List.of(0, 1, 2, 3, 4, 5, 6, 7, 8),
                List.of(
                                "CM_OK",
                                "CM_TORCH",
                                "CM_STD",
                                "CM_UNKNOWN",
                                "CM_BAD_ARGUMENT",
                                "CM_OUT_OF_MEMORY",
                                "CM_TIMEOUT",
                                "CM_UNSUPPORTED",
                                "CM_ABI")
                        .stream()
                        .map(header.constants()::get)
                        .toList());
    }

    @Test
    void element_types_are_those_of_java() {
        Map<String, Integer> constants = header.constants();
        for (var type : DType.values()) {
            assertEquals(
                    constants.get("CM_" + type.name().toUpperCase(Locale.ROOT)),
                    type.code(),
                    type.name());
        }
    }
}
