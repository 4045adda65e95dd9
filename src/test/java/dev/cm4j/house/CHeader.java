package dev.cm4j.house;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What {@code cm4j.h} declares, as far as our own style of header goes.
 *
 * @param lines the file
 */
record CHeader(List<String> lines) {
    static final Path PATH = Path.of("native", "include", "cm4j.h");

    private static final Pattern PROTOTYPE =
            Pattern.compile("CM_API\\s+([^;(]*?)(cm_\\w+)\\s*\\(([^)]*)\\)\\s*;");
    private static final Pattern ENUM = Pattern.compile("enum\\s*\\{([^}]*)\\}");
    private static final Pattern DEFINE = Pattern.compile("#define (CM_\\w+) (-?\\d+)");
    private static final Pattern HANDLE = Pattern.compile("typedef struct (cm_\\w+) \\1;");

    /**
     * A function.
     *
     * @param name its name
     * @param result its C type
     * @param types the C types of its parameters, in order
     * @param names the names of its parameters, in order
     */
    record Prototype(String name, String result, List<String> types, List<String> names) {
        List<String> allTypes() {
            List<String> all = new ArrayList<>(types);
            all.add(result);
            return all;
        }
    }

    /** The header of the working directory, which is the repository's root when tests run. */
    static CHeader ofRepository() throws IOException {
        return new CHeader(Files.readAllLines(PATH));
    }

    /** The text without its comments. */
    String code() {
        return String.join("\n", lines).replaceAll("(?s)/\\*.*?\\*/", " ");
    }

    List<Prototype> prototypes() {
        List<Prototype> prototypes = new ArrayList<>();
        Matcher matcher = PROTOTYPE.matcher(code());
        while (matcher.find()) {
            List<String> types = new ArrayList<>();
            List<String> names = new ArrayList<>();
            for (String parameter : matcher.group(3).split(",")) {
                String words = parameter.replace("*", " * ").strip().replaceAll("\\s+", " ");
                if (!words.equals("void")) {
                    int last = words.lastIndexOf(' ');
                    types.add(words.substring(0, last).strip());
                    names.add(words.substring(last + 1));
                }
            }
            prototypes.add(new Prototype(matcher.group(2), matcher.group(1).strip(), types, names));
        }
        return prototypes;
    }

    /** Enumerators and integer macros with their values. */
    Map<String, Integer> constants() {
        Map<String, Integer> constants = new LinkedHashMap<>();
        Matcher define = DEFINE.matcher(code());
        while (define.find()) {
            constants.put(define.group(1), Integer.valueOf(define.group(2)));
        }
        Matcher matcher = ENUM.matcher(code());
        while (matcher.find()) {
            int next = 0;
            for (String enumerator : matcher.group(1).split(",")) {
                if (!enumerator.isBlank()) {
                    String[] parts = enumerator.strip().split("\\s*=\\s*");
                    next = parts.length > 1 ? Integer.parseInt(parts[1]) : next;
                    constants.put(parts[0], next++);
                }
            }
        }
        return constants;
    }

    /** Opaque handle types. */
    Set<String> handles() {
        return HANDLE.matcher(code()).results().map(m -> m.group(1)).collect(Collectors.toSet());
    }
}
