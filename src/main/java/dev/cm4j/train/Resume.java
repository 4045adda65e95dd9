package dev.cm4j.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    private static final List<String> FREE = List.of("sampling.", "budget.");

    private Resume() {}

    /**
     * Begins a run in a folder without checkpoints.
     *
     * @return a new state, the caller's to close
     * @throws IllegalArgumentException if the folder holds checkpoints already
     */
    public static TrainState begin(Run run) {
        List<Path> found = new CheckpointFolder(run.folder()).list();
        if (!found.isEmpty()) {
            throw new IllegalArgumentException(
                    run.folder()
                            + " holds a run already, up to "
                            + found.getLast().getFileName()
                            + "; resume it or choose another folder");
        }
        TrainState state = TrainState.create(run.recipe(), run.seed());
        state.precision(run.precision());
        return state;
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
        CheckpointFolder folder = new CheckpointFolder(run.folder());
        Optional<Path> newest = folder.newestGood(notices);
        if (newest.isEmpty()) {
            notices.accept("no checkpoint in " + run.folder() + "; the run begins");
            return begin(run);
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
        TrainState state = TrainingCheckpoint.read(newest.get(), manifest, run.recipe());
        state.precision(run.precision());
        return state;
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
