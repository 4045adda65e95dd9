package dev.cm4j.preset;

import dev.cm4j.train.RunFolder;
import dev.cm4j.train.TrainState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The models of the best scores in a run's folder: {@code best.safetensors}, {@code
 * best-2.safetensors} and so on, the lowest score first. A model of equal score does not push out
 * an older one.
 *
 * <p>Once there is a best model there is one at every instant, whole: a new one grows under a
 * hidden name, and files change places by {@link PlaceSwap}.
 */
public final class BestModels {

    private static final String GROWING = ".best-new.safetensors";

    private final Path run;
    private final int keep;
    private final ModelWriter writer;
    private final List<Entry> ranked = new ArrayList<>();

    /**
     * A model on disk.
     *
     * @param file where it lies before the next change of places
     */
    private record Entry(long step, double score, Path file) {}

    /**
     * Takes up what an interrupted run left.
     *
     * @param run the run's folder
     * @param keep models that stay, at least 1
     * @param writer writes models of the run
     * @param scores what models of the run scored so far, by step
     */
    public BestModels(Path run, int keep, ModelWriter writer, Map<Long, Double> scores) {
        if (keep < 1) {
            throw new IllegalArgumentException("at least 1 best model stays, not " + keep);
        }
        this.run = run;
        this.keep = keep;
        this.writer = writer;
        Set<Long> steps = new HashSet<>();
        for (Path file : files()) {
            try (ModelFile model = ModelFile.open(file)) {
                long step = model.card().training().steps();
                if (steps.add(step)) { // a writer that was killed may have left one twice
                    double score = scores.getOrDefault(step, Double.POSITIVE_INFINITY);
                    ranked.add(new Entry(step, score, file));
                }
            }
        }
    }

    /** The models in the folder in the order of their numbers, which may have gaps. */
    private List<Path> files() {
        if (!Files.isDirectory(run)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(run)) {
            return entries.filter(file -> RunFolder.rank(file) > 0)
                    .sorted(Comparator.comparingInt(RunFolder::rank))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + run, e);
        }
    }

    /**
     * Keeps the model in training if it is among the best.
     *
     * @param score lower is better; NaN is never kept
     * @param state holds the model
     * @return whether it is the best of all
     * @throws UncheckedIOException if the disk refuses; each file there is, is whole, and a best
     *     model there was, still is
     */
    public boolean offer(double score, TrainState state) {
        if (Double.isNaN(score)) {
            return false;
        }
        List<Entry> order = new ArrayList<>(ranked);
        order.removeIf(entry -> entry.step() == state.step()); // met again after a resume
        int rank = 0;
        while (rank < order.size() && order.get(rank).score() <= score) {
            rank++;
        }
        if (rank >= keep) {
            return false;
        }
        Path growing = run.resolve(GROWING);
        writer.write(growing, state);
        order.add(rank, new Entry(state.step(), score, growing));
        settle(order.subList(0, Math.min(keep, order.size())));
        return rank == 0;
    }

    /** Puts each model into its place, and removes the files of those that have none. */
    private void settle(List<Entry> order) {
        try {
            List<Path> places = new ArrayList<>();
            for (int i = 0; i < order.size(); i++) {
                places.add(RunFolder.best(run, i + 1));
            }
            PlaceSwap.move(order.stream().map(Entry::file).toList(), places);
            ranked.clear();
            for (int i = 0; i < order.size(); i++) {
                ranked.add(new Entry(order.get(i).step(), order.get(i).score(), places.get(i)));
            }
            for (Path file : files()) {
                if (!places.contains(file)) {
                    Files.delete(file);
                }
            }
            Files.deleteIfExists(run.resolve(GROWING));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot put the best models of " + run + " in order", e);
        }
    }
}
