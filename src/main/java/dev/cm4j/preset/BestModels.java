package dev.cm4j.preset;

import dev.cm4j.train.RunFolder;
import dev.cm4j.train.TrainState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The models of the best scores in a run's folder: {@code best.safetensors}, {@code
 * best-2.safetensors} and so on, the lowest score first. A model of equal score does not push out
 * an older one.
 */
public final class BestModels {

    private final Path run;
    private final int keep;
    private final ModelWriter writer;
    private final List<Entry> ranked = new ArrayList<>();

    private record Entry(long step, double score) {}

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
        while (Files.exists(file(ranked.size()))) {
            try (ModelFile model = ModelFile.open(file(ranked.size()))) {
                long step = model.card().training().steps();
                ranked.add(new Entry(step, scores.getOrDefault(step, Double.POSITIVE_INFINITY)));
            }
        }
    }

    /**
     * Keeps the model in training if it is among the best.
     *
     * @param score lower is better; NaN is never kept
     * @param state holds the model
     * @return whether it is the best of all
     * @throws UncheckedIOException if the disk refuses; each file there is, is whole
     */
    public boolean offer(double score, TrainState state) {
        for (int i = ranked.size() - 1; i >= 0; i--) {
            if (ranked.get(i).step() == state.step()) { // met again after a resume
                drop(i);
            }
        }
        int rank = 0;
        while (rank < ranked.size() && ranked.get(rank).score() <= score) {
            rank++;
        }
        if (rank >= keep || Double.isNaN(score)) {
            return false;
        }
        while (ranked.size() >= keep) {
            drop(ranked.size() - 1);
        }
        for (int i = ranked.size(); i > rank; i--) {
            move(i - 1, i);
        }
        ranked.add(rank, new Entry(state.step(), score));
        writer.write(file(rank), state);
        return rank == 0;
    }

    private void drop(int place) {
        try {
            Files.delete(file(place));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + file(place), e);
        }
        ranked.remove(place);
        for (int i = place; i < ranked.size(); i++) {
            move(i + 1, i);
        }
    }

    private void move(int from, int to) {
        try {
            Files.move(file(from), file(to), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot rename " + file(from), e);
        }
    }

    private Path file(int place) {
        return RunFolder.best(run, place + 1);
    }
}
