package dev.cm4j.preset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * The presets that can be named: {@code models/NAME.yaml} in the working directory, else the copy
 * inside the jar.
 *
 * <p>A preset may begin with {@code base: NAME} and then lists only what differs from that one.
 */
public final class Presets {

    private static final Path FOLDER = Path.of("models");
    private static final String RESOURCES = "models/"; // beside this class
    private static final String SUFFIX = ".yaml";
    private static final int DEEPEST_BASE = 8;

    private Presets() {}

    /**
     * Reads a preset.
     *
     * @param name a preset's name, {@code digits}, or the path of a YAML file, {@code my/own.yaml}
     * @param overrides {@code key.path=value}, applied in order
     * @throws PresetException if there is none of that name, or a key or value does not fit
     */
    public static Preset named(String name, List<String> overrides) {
        ObjectNode tree = resolved(name, DEEPEST_BASE);
        for (String override : overrides) {
            tree = PresetTree.override(tree, override);
        }
        try {
            return Preset.of(plainName(name), tree);
        } catch (PresetException e) {
            throw new PresetException("preset " + plainName(name) + ": " + e.getMessage(), e);
        }
    }

    /** Reads a preset as it is. */
    public static Preset named(String name) {
        return named(name, List.of());
    }

    /**
     * The preset that a run was trained with, from the {@code config.yaml} in its folder.
     *
     * @param name name of the preset it came from
     * @param file the resolved configuration
     */
    public static Preset resolved(String name, Path file) {
        try {
            return Preset.of(name, PresetTree.parse(Files.readString(file), file.toString()));
        } catch (IOException e) {
            throw new PresetException("cannot read " + file, e);
        }
    }

    /**
     * Whether somebody's own file says a key itself, rather than leave it to its base.
     *
     * @param file a preset's name or path; what is named without one says nothing of its own
     * @param key {@code key.path}
     */
    public static boolean says(String file, String key) {
        return file.endsWith(SUFFIX)
                && PresetTree.flat(PresetTree.parse(text(file), file)).keySet().stream()
                        .anyMatch(known -> known.equals(key) || known.startsWith(key + "."));
    }

    /** The names of all presets, sorted. */
    public static List<String> names() {
        TreeSet<String> names = new TreeSet<>();
        if (Files.isDirectory(FOLDER)) {
            names.addAll(yamlFiles(FOLDER));
        }
        URL folder = Presets.class.getResource(RESOURCES + "digits" + SUFFIX);
        if (folder != null) {
            names.addAll(packaged(folder));
        }
        return List.copyOf(names);
    }

    private static List<String> packaged(URL resource) {
        try {
            URLConnection connection = resource.openConnection();
            if (!(connection instanceof JarURLConnection inJar)) {
                return yamlFiles(Path.of(resource.toURI()).getParent());
            }
            inJar.setUseCaches(false); // the jar is closed again, for nobody else
            String folder = inJar.getEntryName().replaceFirst("[^/]*$", "");
            try (JarFile jar = inJar.getJarFile()) {
                return jar.stream()
                        .map(ZipEntry::getName)
                        .filter(name -> name.startsWith(folder) && name.endsWith(SUFFIX))
                        .map(Presets::plainName)
                        .toList();
            }
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException("cannot list the presets beside " + resource, e);
        }
    }

    private static List<String> yamlFiles(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(SUFFIX))
                    .map(Presets::plainName)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
    }

    private static ObjectNode resolved(String name, int depth) {
        ObjectNode tree = PresetTree.parse(text(name), plainName(name) + SUFFIX);
        JsonNode base = tree.remove("base");
        if (base == null) {
            return tree;
        }
        if (depth == 0) {
            throw new PresetException("preset " + name + ": its bases form a circle");
        }
        return PresetTree.merge(resolved(base.asText(), depth - 1), tree);
    }

    private static String text(String name) {
        boolean path = name.endsWith(SUFFIX);
        Path file = path ? Path.of(name) : FOLDER.resolve(name + SUFFIX);
        try {
            if (Files.isRegularFile(file)) {
                return Files.readString(file);
            }
            Optional<String> packaged = path ? Optional.empty() : packagedText(name);
            return packaged.orElseThrow(() -> unknown(name));
        } catch (IOException e) {
            throw new PresetException("cannot read preset " + file, e);
        }
    }

    private static Optional<String> packagedText(String name) throws IOException {
        try (InputStream in = Presets.class.getResourceAsStream(RESOURCES + name + SUFFIX)) {
            return in == null
                    ? Optional.empty()
                    : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static PresetException unknown(String name) {
        List<String> known = new ArrayList<>(names());
        return new PresetException(
                "there is no preset '"
                        + name
                        + "'"
                        + (known.isEmpty() ? "" : NearestName.hint(name, known)));
    }

    private static String plainName(String name) {
        String file = Path.of(name).getFileName().toString();
        return file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file;
    }
}
