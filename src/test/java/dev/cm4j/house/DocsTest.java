package dev.cm4j.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What prose names exists: files in links, commands and backticks, headings in links, classes and
 * their members.
 */
class DocsTest {

    private static final Path ROOT = Path.of("").toAbsolutePath();
    private static final Path MAIN = ROOT.resolve("src/main/java");
    private static final Path TESTS = ROOT.resolve("src/test/java");

    /** What a build or a run leaves, and what is no prose of ours. */
    private static final Set<String> FOREIGN =
            Set.of("target", "runs", "data", ".git", ".cache", ".idea", ".vscode");

    /** Folders of the house: whatever begins with one of them is a path of ours. */
    private static final Set<String> ROOMS =
            Set.of("bindings", "docs", "models", "native", "src", "tools");

    private static final Set<String> SOURCES =
            Set.of("c", "cmake", "cpp", "cu", "h", "java", "md", "sh");

    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
    private static final Pattern SPAN = Pattern.compile("(?<!`)`([^`\\n]+)`(?!`)");
    private static final Pattern PATH = Pattern.compile("[\\w.*-]+(/[\\w.*-]+)*/?");
    private static final Pattern FULL_NAME =
            Pattern.compile("dev\\.cm4j((?:\\.[a-z]\\w*)*)((?:\\.[A-Z]\\w*)*)(?:[.#]([a-z]\\w*))?");
    private static final Pattern SHORT_NAME =
            Pattern.compile("([A-Z]\\w*)((?:\\.[A-Z]\\w*)*)(?:[.#]([a-z]\\w*))?");

    private static final List<String> FILES = new ArrayList<>();
    private static final Map<String, Path> TYPES = new TreeMap<>();

    @BeforeAll
    static void lookAround() throws IOException {
        Files.walkFileTree(
                ROOT,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path at, BasicFileAttributes as) {
                        boolean foreign =
                                at.getParent().equals(ROOT)
                                        && FOREIGN.contains(at.getFileName().toString());
                        return foreign ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes as) {
                        String name = ROOT.relativize(file).toString().replace('\\', '/');
                        FILES.add(name);
                        if (name.endsWith(".java")) {
                            String simple = file.getFileName().toString().replace(".java", "");
                            TYPES.put(simple, file);
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        assertTrue(pages().findAny().isPresent(), "no prose below " + ROOT);
    }

    @Test
    void links_lead_somewhere() {
        assertNone(
                pages().flatMap(page ->
                        find(LINK, withoutBlocks(page))
                                .map(link -> link.group(1))
                                .filter(to -> !to.contains("://"))
                                .filter(to -> !leads(page, to))
                                .map(to -> page + " links to " + to)));
    }

    @Test
    void paths_in_prose_and_commands_exist() {
        assertNone(
                pages().flatMap(page ->
                        Stream.concat(spans(page).filter(DocsTest::isPath), commandWords(page))
                                .filter(path -> !exists(page, path))
                                .map(path -> page + " names the file " + path)));
    }

    @Test
    void classes_in_prose_exist() {
        assertNone(
                pages().flatMap(page ->
                        spans(page)
                                .filter(span -> !knownType(span))
                                .map(span -> page + " names the type " + span)));
    }

    @Test
    void every_row_of_the_equations_names_code_and_a_test() {
        List<String> rows =
                read("docs/equations.md")
                        .lines()
                        .filter(line -> line.startsWith("| ") && line.contains("`"))
                        .toList();
        assertTrue(rows.size() > 20, "only " + rows.size() + " equations");
        assertNone(
                rows.stream()
                        .filter(row -> {
                            String[] cells = row.split("(?<!\\\\)\\|"); // \\| is no border
                            return !namesTypes(cells[3], MAIN) || !namesTypes(cells[4], TESTS);
                        }));
    }

    /** Whether a cell names types, all of them below a folder. */
    private static boolean namesTypes(String cell, Path below) {
        List<String> names =
                find(SPAN, cell).map(span -> span.group(1).replaceFirst("[.#].*", "")).toList();
        return !names.isEmpty()
                && names.stream()
                        .allMatch(name ->
                                TYPES.containsKey(name) && TYPES.get(name).startsWith(below));
    }

    /** A file of ours, or a folder; a star stands for any part of a name. */
    private static boolean exists(String page, String path) {
        String plain = path.replaceFirst("^\\./", "").replaceFirst("/$", "");
        Path folder = Path.of(page).resolveSibling(plain).normalize();
        return isThere(plain) || isThere(folder.toString()) || endsOneOfOurs(plain);
    }

    private static boolean isThere(String path) {
        Pattern wanted = glob("", path);
        return FILES.stream().anyMatch(file -> wanted.matcher(file).matches());
    }

    private static boolean endsOneOfOurs(String path) {
        Pattern wanted = glob("(.*/)?", path);
        return FILES.stream().anyMatch(file -> wanted.matcher(file).matches());
    }

    private static Pattern glob(String before, String path) {
        return Pattern.compile(before + Pattern.quote(path).replace("*", "\\E[^/]*\\Q") + "(/.*)?");
    }

    private static boolean isPath(String span) {
        if (!PATH.matcher(span.replaceFirst("^\\./", "")).matches()) {
            return false;
        }
        int slash = span.indexOf('/');
        boolean room = slash > 0 && ROOMS.contains(span.substring(0, slash));
        return room || SOURCES.contains(span.substring(span.lastIndexOf('.') + 1));
    }

    /** Words of fenced blocks that begin in a folder of the house. */
    private static Stream<String> commandWords(String page) {
        return blocks(page).stream()
                .flatMap(line -> Stream.of(line.split("[\\s;,'\"=()]+")))
                .map(word -> word.replaceFirst("^\\./", "").replaceFirst("[.:]$", ""))
                .filter(word -> word.contains("/") && PATH.matcher(word).matches())
                .filter(word -> ROOMS.contains(word.substring(0, word.indexOf('/'))));
    }

    /** Whether a word is no name of a type of ours, or one that exists, with its member. */
    private static boolean knownType(String span) {
        String word = span.replaceFirst("\\(.*\\)$", "");
        var full = FULL_NAME.matcher(word);
        if (full.matches()) {
            String folder = "dev/cm4j" + full.group(1).replace('.', '/');
            if (full.group(2).isEmpty()) {
                return endsOneOfOurs(folder);
            }
            String[] types = full.group(2).substring(1).split("\\.");
            return endsOneOfOurs(folder + "/" + types[0] + ".java")
                    && mentions(TYPES.get(types[0]), List.of(types), full.group(3));
        }
        var simple = SHORT_NAME.matcher(word);
        if (simple.matches() && TYPES.containsKey(simple.group(1))) {
            List<String> nested = List.of(simple.group(2).replaceFirst("^\\.", "").split("\\."));
            return mentions(TYPES.get(simple.group(1)), nested, simple.group(3));
        }
        return true;
    }

    private static boolean mentions(Path file, List<String> types, String member) {
        String text = read(ROOT.relativize(file).toString());
        return types.stream().allMatch(type -> text.contains(type))
                && (member == null || Pattern.compile("\\b" + member + "\\b").matcher(text).find());
    }

    private static boolean leads(String page, String link) {
        int hash = link.indexOf('#');
        String path = hash < 0 ? link : link.substring(0, hash);
        Path target =
                path.isEmpty() ? Path.of(page) : Path.of(page).resolveSibling(path).normalize();
        if (!Files.exists(ROOT.resolve(target)) || target.startsWith("..")) {
            return false;
        }
        return hash < 0 || headings(target.toString()).contains(link.substring(hash + 1));
    }

    /** Anchors of a page's headings, as GitHub makes them. */
    private static Set<String> headings(String page) {
        Set<String> anchors = new HashSet<>();
        withoutBlocks(page)
                .lines()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
                .map(line -> line.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .forEach(anchors::add);
        return anchors;
    }

    private static Stream<String> spans(String page) {
        return find(SPAN, withoutBlocks(page)).map(span -> span.group(1));
    }

    private static Stream<MatchResult> find(Pattern pattern, String text) {
        return pattern.matcher(text).results();
    }

    private static Stream<String> pages() {
        return FILES.stream().filter(file -> file.endsWith(".md")).sorted();
    }

    private static String withoutBlocks(String page) {
        return String.join("\n", lines(page, false));
    }

    private static List<String> blocks(String page) {
        return lines(page, true);
    }

    private static List<String> lines(String page, boolean fenced) {
        List<String> chosen = new ArrayList<>();
        boolean inside = false;
        for (String line : read(page).lines().toList()) {
            if (line.strip().startsWith("```")) {
                inside = !inside;
            } else if (inside == fenced) {
                chosen.add(line);
            }
        }
        return chosen;
    }

    private static String read(String file) {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertNone(Stream<String> findings) {
        assertEquals("", String.join("\n", findings.distinct().toList()));
    }
}
