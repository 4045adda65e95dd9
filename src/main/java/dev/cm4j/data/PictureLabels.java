package dev.cm4j.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.checkpoint.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The classes of a folder of pictures.
 *
 * @param rule the rule that was applied, never AUTO
 * @param labels one for each picture, empty with NONE
 * @param classNames in label order, empty with NONE and JSON
 * @param classes number of classes, 0 with NONE
 */
record PictureLabels(LabelRule rule, int[] labels, List<String> classNames, int classes) {

    /** Gives a folder's classes. */
    static final String JSON_FILE = "dataset.json";

    private static final long LONGEST_JSON = 64L << 20;

    static PictureLabels of(Path root, List<Path> files, LabelRule wanted) {
        LabelRule rule = wanted == LabelRule.AUTO ? automatic(root, files) : wanted;
        return switch (rule) {
            case NONE -> new PictureLabels(rule, new int[0], List.of(), 0);
            case PREFIX -> ranked(rule, files, file -> prefix(root, file));
            case DIR -> ranked(rule, files, file -> folder(root, file));
            case JSON, AUTO -> listed(root, files);
        };
    }

    private static LabelRule automatic(Path root, List<Path> files) {
        if (Files.isRegularFile(root.resolve(JSON_FILE))) {
            return LabelRule.JSON;
        }
        return files.stream().allMatch(file -> file.getNameCount() > 1)
                ? LabelRule.DIR
                : LabelRule.NONE;
    }

    private static String prefix(Path root, Path file) {
        String name = file.getFileName().toString();
        int end = name.indexOf('_');
        if (end < 1) {
            throw new FormatException(
                    root.resolve(file), "a name without '_'", "names such as cat_01.png");
        }
        return name.substring(0, end);
    }

    private static String folder(Path root, Path file) {
        if (file.getNameCount() < 2) {
            throw new FormatException(
                    root.resolve(file),
                    "a picture in no class's folder",
                    "a folder for each class");
        }
        return file.getName(0).toString();
    }

    /** A class's number is its rank among all names. */
    private static PictureLabels ranked(
            LabelRule rule, List<Path> files, Function<Path, String> nameOf) {
        List<String> names = files.stream().map(nameOf).toList();
        List<String> classNames = List.copyOf(new TreeSet<>(names));
        Map<String, Integer> ranks = new HashMap<>();
        for (String name : classNames) {
            ranks.put(name, ranks.size());
        }
        int[] labels = names.stream().mapToInt(ranks::get).toArray();
        return new PictureLabels(rule, labels, classNames, classNames.size());
    }

    /** {"labels": [[path, number or one-hot list], …]} or {"labels": null}. */
    private static PictureLabels listed(Path root, List<Path> files) {
        Path json = root.resolve(JSON_FILE);
        JsonNode list = read(json).path("labels");
        if (list.isNull()) {
            return new PictureLabels(LabelRule.NONE, new int[0], List.of(), 0);
        }
        Map<String, Integer> byName = new HashMap<>();
        for (JsonNode pair : list) {
            if (pair.size() != 2 || !pair.path(0).isTextual()) {
                throw new FormatException(json, "the label " + brief(pair), "[path, number]");
            }
            byName.put(pair.path(0).asText(), number(json, pair.path(1)));
        }
        List<Integer> labels = new ArrayList<>();
        int classes = 0;
        for (Path file : files) {
            String name = file.toString().replace('\\', '/');
            Integer label = byName.get(name);
            if (label == null) {
                throw new FormatException(json, "no label for " + name, "one for each picture");
            }
            labels.add(label);
            classes = Math.max(classes, label + 1);
        }
        return new PictureLabels(
                LabelRule.JSON,
                labels.stream().mapToInt(Integer::intValue).toArray(),
                List.of(),
                classes);
    }

    private static JsonNode read(Path json) {
        try {
            if (Files.size(json) > LONGEST_JSON) {
                throw new FormatException(
                        json, Files.size(json) + " bytes", "at most " + LONGEST_JSON);
            }
            JsonNode root = new ObjectMapper().readTree(json.toFile());
            JsonNode labels = root.path("labels");
            if (!labels.isArray() && !labels.isNull()) {
                throw new FormatException(json, "no labels", "{\"labels\": [[path, number], …]}");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw new FormatException(
                    json, "broken JSON: " + e.getOriginalMessage(), "a JSON object", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + json + ": " + e.getMessage(), e);
        }
    }

    private static int number(Path json, JsonNode label) {
        int number = label.isInt() ? label.intValue() : -1;
        int ones = 0;
        for (int i = 0; label.isArray() && i < label.size(); i++) {
            double value = label.path(i).asDouble(-1);
            if (value == 1) {
                number = i;
                ones++;
            } else if (value != 0) {
                ones = 2;
            }
        }
        if (number < 0 || number >= 1_000_000 || (label.isArray() && ones != 1)) {
            throw new FormatException(
                    json, "the label " + brief(label), "a number from 0 on, or a one-hot list");
        }
        return number;
    }

    private static String brief(JsonNode node) {
        String text = node.toString();
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }
}
