package dev.cm4j.train;

import dev.cm4j.nn.UNet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The state a run begins with: a new one, or that of its newest good checkpoint.
 *
 * <p>A checkpoint continues only a run of the same configuration, seed and data; the length of the
 * run and the defaults for sampling may change.
 */
public final class Resume {

    /** Keys that may differ: they do not touch what is learnt. */
    private static final List<String> FREE = List.of("sampling.", "budget.", TeacherMark.PATH_KEY);

    private Resume() {}

    /**
     * Begins a run in a folder without checkpoints.
     *
     * @return a new state, the caller's to close
     * @throws IllegalArgumentException if the folder holds checkpoints already
     */
    public static TrainState begin(Run run) {
        return begin(run, Optional.empty(), _ -> {});
    }

    /**
     * Begins a run in a folder without checkpoints, with the weights of a teacher where it has one.
     *
     * @param teacher borrowed
     * @param notices is told how much of the student comes from it
     * @return a new state, the caller's to close
     * @throws IllegalArgumentException if the folder holds checkpoints already
     */
    public static TrainState begin(Run run, Optional<UNet> teacher, Consumer<String> notices) {
        refuseCheckpoints(run.folder());
        TrainState state =
                teacher.map(net -> taught(run, net, notices))
                        .orElseGet(() -> TrainState.create(run.recipe(), run.seed()));
        state.precision(run.precision());
        return state;
    }

    private static TrainState taught(Run run, UNet teacher, Consumer<String> notices) {
        FirstWeights first = FirstWeights.of(teacher, run.recipe().network(), run.seed());
        notices.accept(
                "the student begins with "
                        + first.taken()
                        + " of its "
                        + first.all()
                        + " weights from the teacher");
        return TrainState.startingFrom(run.recipe(), first.network());
    }

    /**
     * Says where a run is that would be overwritten.
     *
     * @throws IllegalArgumentException if the folder holds checkpoints already
     */
    public static void refuseCheckpoints(Path folder) {
        List<Path> found = new CheckpointFolder(folder).list();
        if (!found.isEmpty()) {
            throw new IllegalArgumentException(
                    folder
                            + " holds a run already, up to "
                            + found.getLast().getFileName()
                            + "; resume it or choose another folder");
        }
    }

    /**
     * Continues a run from its newest good checkpoint, or begins it where there is none.
     *
     * @param datasetFingerprint identity of the data the run goes on with
     * @param notices receives a sentence about each damaged checkpoint and each harmless difference
     * @return a new state, the caller's to close
     * @throws IllegalArgumentException listing what differs from the checkpoint
     * @throws dev.cm4j.checkpoint.FormatException if there are checkpoints and none is whole
     */
    public static TrainState resume(Run run, String datasetFingerprint, Consumer<String> notices) {
        return resume(run, datasetFingerprint, notices, Optional.empty());
    }

    /**
     * As above, for a run with a teacher, whose weights it begins with where it begins.
     *
     * @param teacher borrowed
     */
    public static TrainState resume(
            Run run, String datasetFingerprint, Consumer<String> notices, Optional<UNet> teacher) {
        CheckpointFolder folder = new CheckpointFolder(run.folder());
        Optional<Path> newest = folder.newestGood(notices);
        if (newest.isEmpty()) {
            notices.accept("no checkpoint in " + run.folder() + "; the run begins");
            return begin(run, teacher, notices);
        }
        CheckpointManifest manifest = CheckpointManifest.read(newest.get());
        refuseDifferences(run, datasetFingerprint, manifest, newest.get());
        if (!manifest.budget().equals(run.budget().text())) {
            notices.accept(
                    "the run was planned for "
                            + manifest.budget()
                            + ", now for "
                            + run.budget().text()
                            + "; its schedules follow the new length");
        }
        folder.point(newest.get());
        TrainState state = TrainingCheckpoint.read(newest.get(), manifest, run.recipe());
        state.precision(run.precision());
        sayPrecision(run, notices);
        return state;
    }

    private static void sayPrecision(Run run, Consumer<String> notices) {
        if (!Files.exists(RunFolder.description(run.folder()))) {
            return;
        }
        String before = RunDescription.read(run.folder()).precision();
        String now = run.precision().name().toLowerCase(Locale.ROOT);
        if (!before.equals(now)) {
            notices.accept("the run computed in " + before + " so far and goes on in " + now);
        }
    }

    private static void refuseDifferences(
            Run run, String fingerprint, CheckpointManifest manifest, Path checkpoint) {
        List<String> differences =
                new ArrayList<>(differences(manifest.configuration(), run.configuration()));
        if (manifest.seed() != run.seed()) {
            differences.add("seed: " + manifest.seed() + " there, " + run.seed() + " here");
        }
        if (!manifest.datasetFingerprint().equals(fingerprint)) {
            differences.add("data: another data set, or files were added or removed");
        }
        if (!differences.isEmpty()) {
            throw new IllegalArgumentException(
                    checkpoint
                            + " belongs to a different run:\n  "
                            + String.join("\n  ", differences));
        }
    }

    /** A line for each key whose value matters and differs. */
    static List<String> differences(Map<String, String> there, Map<String, String> here) {
        TreeSet<String> keys = new TreeSet<>(there.keySet());
        keys.addAll(here.keySet());
        return keys.stream()
                .filter(key -> FREE.stream().noneMatch(key::startsWith))
                .filter(key -> !there.getOrDefault(key, "").equals(here.getOrDefault(key, "")))
                .map(key ->
                        key
                                + ": "
                                + there.getOrDefault(key, "nothing")
                                + " there, "
                                + here.getOrDefault(key, "nothing")
                                + " here")
                .toList();
    }
}
