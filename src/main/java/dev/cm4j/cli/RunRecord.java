package dev.cm4j.cli;

import dev.cm4j.nn.Precision;
import dev.cm4j.train.RunDescription;
import dev.cm4j.train.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * What was said when a run was begun, or went on, and need not be said again.
 *
 * @param data of {@code --data}
 * @param dataDir of {@code --data-dir}
 * @param precision it computed in
 */
record RunRecord(Optional<String> data, Optional<Path> dataDir, Optional<Precision> precision) {

    /** Of a run from the first step. */
    static final RunRecord NONE =
            new RunRecord(Optional.empty(), Optional.empty(), Optional.empty());

    /**
     * Reads what a run's folder says, or that of the teacher which it trains first.
     *
     * @throws dev.cm4j.checkpoint.FormatException if {@code run.json} is damaged
     */
    static RunRecord of(Path run) {
        return Stream.of(run, TeacherOptions.folder(run))
                .filter(folder -> Files.exists(RunFolder.description(folder)))
                .findFirst()
                .map(RunDescription::read)
                .map(RunRecord::of)
                .orElse(NONE);
    }

    private static RunRecord of(RunDescription run) {
        List<ParseResult> newestFirst =
                run.sessions().reversed().stream()
                        .map(session -> parsed(session.command()))
                        .flatMap(Optional::stream)
                        .toList();
        return new RunRecord(
                said(newestFirst, "--data"),
                said(newestFirst, "--data-dir"),
                Stream.of(Precision.values())
                        .filter(p -> p.name().toLowerCase(Locale.ROOT).equals(run.precision()))
                        .findFirst());
    }

    /** The words of a session; empty where they are no command of this program. */
    private static Optional<ParseResult> parsed(List<String> command) {
        List<String> words =
                new ArrayList<>(command.subList(Math.min(1, command.size()), command.size()));
        CommandLine commands = Main.commandLine(false);
        try {
            return Optional.ofNullable(
                    commands.parseArgs(words.toArray(String[]::new)).subcommand());
        } catch (ParameterException other) {
            return Optional.empty();
        }
    }

    private static <T> Optional<T> said(List<ParseResult> sessions, String option) {
        return sessions.stream()
                .map(words -> words.matchedOptionValue(option, Optional.<T>empty()))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /**
     * The data to go on with.
     *
     * @throws IllegalArgumentException if they were named and are not where they were
     */
    Optional<String> presentData() {
        data.filter(name -> name.matches(".*[/\\\\.].*") && !Files.exists(Path.of(name)))
                .ifPresent(gone -> {
                    throw new IllegalArgumentException(
                            "the run learnt from %s, which is not in %s; say with --data where it is"
                                    .formatted(gone, Path.of("").toAbsolutePath()));
                });
        return data;
    }

    /**
     * The folder of published data to go on with.
     *
     * @throws IllegalArgumentException if it was named and is not where it was
     */
    Optional<Path> presentDataDir() {
        dataDir.filter(folder -> !Files.isDirectory(folder))
                .ifPresent(gone -> {
                    throw new IllegalArgumentException(
                            "the run learnt from data in %s, which is no folder here; say with --data-dir where they are"
                                    .formatted(gone));
                });
        return dataDir;
    }
}
