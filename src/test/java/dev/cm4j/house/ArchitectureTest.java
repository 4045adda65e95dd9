package dev.cm4j.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.cm4j.tensor.Tensor;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Imports point down: the plan of the house as a table, held against the compiled classes. */
class ArchitectureTest {
    private static final String ROOT = "dev.cm4j";

    /** The front door is the root package itself. */
    private static final String DOOR = "";

    /** Package → floor. A package may use those on floors below, and no other on its own. */
    private static final Map<String, Integer> FLOORS =
            Map.ofEntries(
                    Map.entry("cli", 10),
                    Map.entry("compare", 9),
                    Map.entry(DOOR, 8),
                    Map.entry("preset", 7),
                    Map.entry("report", 7),
                    Map.entry("train", 6),
                    Map.entry("loss", 5),
                    Map.entry("sample", 5),
                    Map.entry("edit", 6),
                    Map.entry("metric", 6),
                    Map.entry("convert", 5),
                    Map.entry("model", 4),
                    Map.entry("data", 5),
                    Map.entry("nn", 3),
                    Map.entry("optim", 3),
                    Map.entry("checkpoint", 3),
                    Map.entry("image", 4),
                    Map.entry("tensor", 2),
                    Map.entry("foreign", 1),
                    Map.entry("schedule", 0),
                    Map.entry("ffi", 0));

    /**
     * How any reader of files refuses a bad one; the one type that rooms of the same floor share.
     */
    private static final String BAD_FILE = ROOT + ".checkpoint.FormatException";

    /** Packages that may use {@code foreign}; all others see only tensors. */
    private static final Set<String> SEE_FOREIGN = Set.of("tensor", "nn", "optim");

    /** Above this floor {@code java.lang.foreign} appears as the type of a public method only. */
    private static final int HIGHEST_WITH_MEMORY = 3;

    /** Rooms above that floor which read data sets and reference files into memory of their own. */
    private static final Set<String> WITH_MEMORY = Set.of("metric", "data", "image", "convert");

    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        URI location =
                URI.create(
                        Tensor.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .toString());
        classes = new ClassFileImporter().importPath(Path.of(location));
        assertTrue(classes.size() > 50, "found only " + classes.size() + " classes in " + location);
    }

    @Test
    void every_package_has_its_floor() {
        Set<String> unknown = new TreeSet<>();
        for (JavaClass type : classes) {
            if (ours(type) && !FLOORS.containsKey(room(type))) {
                unknown.add(type.getPackageName());
            }
        }
        assertEquals(Set.of(), unknown, "packages without a floor");
    }

    @Test
    void imports_point_down() {
        assertNone((from, to) ->
                ours(to)
                        && !room(from).equals(room(to))
                        && FLOORS.get(room(from)) <= FLOORS.get(room(to))
                        && !(to.getName().equals(BAD_FILE)
                                && FLOORS.get(room(from)).equals(FLOORS.get(room(to)))));
    }

    @Test
    void the_bindings_are_seen_at_the_native_edge_only() {
        assertNone((from, to) ->
                ours(to)
                        && room(to).equals("ffi")
                        && !room(from).equals("ffi")
                        && !room(from).equals("foreign")
                        && !nativeEdge(from));
    }

    @Test
    void native_edges_are_not_public() {
        for (JavaClass type : classes) {
            if (ours(type) && nativeEdge(type) && type.isTopLevelClass()) {
                assertTrue(!type.getModifiers().contains(JavaModifier.PUBLIC), type.getName());
            }
        }
    }

    @Test
    void foreign_is_for_those_who_make_native_objects() {
        assertNone((from, to) ->
                ours(to)
                        && room(to).equals("foreign")
                        && !room(from).equals("foreign")
                        && !SEE_FOREIGN.contains(room(from)));
    }

    @Test
    void memory_stays_below() {
        assertNone((from, to) ->
                to.getPackageName().equals("java.lang.foreign")
                        && FLOORS.get(room(from)) > HIGHEST_WITH_MEMORY
                        && !WITH_MEMORY.contains(room(from))
                        && !to.getSimpleName().equals("MemorySegment"));
    }

    @Test
    void schedules_need_nothing() {
        assertNone((from, to) ->
                room(from).equals("schedule")
                        && !to.getPackageName().startsWith("java.")
                        && !room(to).equals("schedule"));
    }

    @Test
    void names_say_what_differs() {
        for (JavaClass type : classes) {
            assertTrue(
                    !ours(type)
                            || !type.getSimpleName()
                                    .matches(".*(Utils?|Helper|Manager|Impl)|Base.*"),
                    type.getName() + " is named after nothing");
        }
    }

    @Test
    void every_package_says_what_it_is_for() throws IOException {
        Path sources = Path.of("src", "main", "java");
        try (Stream<Path> files = Files.walk(sources)) {
            List<Path> silent =
                    files.filter(file -> file.toString().endsWith(".java"))
                            .map(Path::getParent)
                            .distinct()
                            .filter(directory ->
                                    !Files.exists(directory.resolve("package-info.java")))
                            .toList();
            assertEquals(List.of(), silent, "packages without package-info.java");
        }
    }

    private static void assertNone(BiPredicate<JavaClass, JavaClass> forbidden) {
        Set<String> found = new TreeSet<>();
        for (JavaClass type : classes) {
            if (!ours(type) || room(type).equals("ffi")) {
                continue;
            }
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                if (forbidden.test(type, target)) {
                    found.add(type.getName() + " → " + target.getName());
                }
            }
        }
        assertEquals(Set.of(), found);
    }

    private static boolean ours(JavaClass type) {
        return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
    }

    /** The first name below the root: {@code dev.cm4j.cli.text} lives in {@code cli}. */
    private static String room(JavaClass type) {
        String name = type.getPackageName();
        if (name.length() <= ROOT.length()) {
            return DOOR;
        }
        String below = name.substring(ROOT.length() + 1);
        int dot = below.indexOf('.');
        return dot < 0 ? below : below.substring(0, dot);
    }

    private static boolean nativeEdge(JavaClass type) {
        String outermost = type.getName().replaceFirst("\\$.*", "");
        return outermost.endsWith("Native") && !room(type).equals("ffi");
    }
}
