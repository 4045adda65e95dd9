package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.ShardedSafetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a folder of weights is, and which file in it is meant. */
final class SourceFolder {

    static final String STATE = "state.json";
    static final Pattern OPENAI_FILE =
            Pattern.compile("(model|target_model|teacher_model|ema_([0-9.]+)_)(\\d{6,9})\\.pt");

    private static final int LONGEST_SHOWN = 200;
    private static final String FINISHED = "model.safetensors";
    private static final Pattern CHECKPOINT = Pattern.compile("ckpt-(\\d{8,18})");

    private SourceFolder() {}

    /** Whether it is a pipeline of diffusers. */
    static boolean isDiffusers(Path folder) {
        return Files.isRegularFile(folder.resolve("model_index.json"));
    }

    /** Whether it is a run or a checkpoint of ours. */
    static boolean isOurs(Path folder) {
        return Files.isRegularFile(folder.resolve(STATE))
                || Files.isRegularFile(folder.resolve(FINISHED))
                || newest(folder, names(folder)).isPresent();
    }

    /**
     * The file of weights in any other folder.
     *
     * @param key weights to take, such as {@code model} or {@code ema-0.9999}; empty: the usual
     * @param notices is told what was chosen
     * @throws FormatException if there are none, or several and no usual ones
     */
    static Path weights(Path folder, Optional<String> key, List<String> notices) {
        if (Files.isRegularFile(folder.resolve(STATE))) {
            return ofCheckpoint(folder, key, notices);
        }
        List<String> names = names(folder);
        Optional<Path> newest = newest(folder, names);
        if (key.isEmpty() && names.contains(FINISHED)) {
            notices.add("took " + FINISHED + ", the finished model of the run");
            return folder.resolve(FINISHED);
        }
        if (newest.isPresent()) {
            notices.add("took the newest checkpoint, " + newest.get().getFileName());
            return ofCheckpoint(newest.get(), key, notices);
        }
        List<String> runs = names.stream().filter(n -> OPENAI_FILE.matcher(n).matches()).toList();
        if (!runs.isEmpty()) {
            return ofOpenAiRun(folder, runs, key, notices);
        }
        List<String> others =
                names.stream().filter(n -> n.endsWith(ShardedSafetensors.SUFFIX)).toList();
        if (others.isEmpty()) {
            others =
                    names.stream().filter(n -> n.matches(".*\\.(safetensors|pt|pth|bin)")).toList();
        }
        if (others.size() != 1) {
            throw new FormatException(
                    folder,
                    others.isEmpty() ? "no weights in this folder" : "several: " + others,
                    "a diffusers folder, a run, a checkpoint, or one file by its name");
        }
        notices.add("took " + others.getFirst() + ", the only weights in the folder");
        return folder.resolve(others.getFirst());
    }

    private static Path ofCheckpoint(Path folder, Optional<String> key, List<String> notices) {
        String average = CardTree.ofState(folder.resolve(STATE)).average();
        String usual = average.isEmpty() || average.equals("online") ? "model" : "ema-" + average;
        String name = key.orElse(usual);
        Optional<Path> file = file(folder, name);
        if (file.isEmpty()) {
            List<String> there =
                    names(folder).stream()
                            .filter(n -> n.matches("(model|target|ema-.*)\\.safetensors"))
                            .map(n -> n.replace(".safetensors", ""))
                            .toList();
            throw new FormatException(
                    folder, "no weights '" + shown(name) + "'", "--key, one of " + there);
        }
        if (key.isEmpty()) {
            notices.add(
                    "took " + name + ", which the run's finished model is of; --key takes others");
        }
        return file.orElseThrow();
    }

    /** The file of weights of a name, where there is one. */
    private static Optional<Path> file(Path folder, String name) {
        if (name.contains("/") || name.equals("optimizer")) {
            return Optional.empty();
        }
        try {
            return Optional.of(folder.resolve(name + ".safetensors")).filter(Files::isRegularFile);
        } catch (InvalidPathException e) { // no file can have this name
            return Optional.empty();
        }
    }

    private static String shown(String name) {
        return name.length() <= LONGEST_SHOWN ? name : name.substring(0, LONGEST_SHOWN) + "…";
    }

    /** The newest average with the slowest rate, which is what the original samples with. */
    private static Path ofOpenAiRun(
            Path folder, List<String> files, Optional<String> key, List<String> notices) {
        Comparator<String> slower =
                Comparator.comparingDouble((String n) -> number(n, 3))
                        .thenComparingDouble(n -> number(n, 2));
        String wanted = key.map(k -> k.replace('-', '_')).orElse("ema_");
        Optional<String> chosen = files.stream().filter(n -> n.startsWith(wanted)).max(slower);
        if (chosen.isEmpty() && key.isEmpty()) {
            chosen = files.stream().filter(n -> n.startsWith("model")).max(slower);
        }
        if (chosen.isEmpty()) {
            throw new FormatException(
                    folder,
                    "no weights '" + wanted + "'",
                    "--key, the beginning of one of " + files);
        }
        notices.add("took %s of %d files of an OpenAI run".formatted(chosen.get(), files.size()));
        return folder.resolve(chosen.get());
    }

    private static double number(String name, int group) {
        Matcher matcher = OPENAI_FILE.matcher(name);
        boolean there = matcher.matches() && matcher.group(group) != null;
        return there && matcher.group(group).matches("\\d*\\.?\\d+")
                ? Double.parseDouble(matcher.group(group))
                : 0;
    }

    private static Optional<Path> newest(Path folder, List<String> names) {
        return names.stream()
                .filter(name -> CHECKPOINT.matcher(name).matches())
                .max(Comparator.comparingLong(name -> Long.parseLong(name.substring(5))))
                .map(folder::resolve);
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
    }
}
