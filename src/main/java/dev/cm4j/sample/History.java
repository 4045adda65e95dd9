package dev.cm4j.sample;

import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;

/** The last few evaluations of a multistep method, newest first, kept beyond the step's scope. */
final class History implements AutoCloseable {

    private record Entry(double sigma, Tensor value) {}

    private final int most;
    private final Scope kept = Scope.keeper();
    private final Deque<Entry> entries = new ArrayDeque<>();

    /** Remembers so many evaluations. */
    History(int most) {
        this.most = most;
    }

    /** Keeps a copy of an evaluation and forgets the oldest. */
    void add(double sigma, Tensor value) {
        entries.addFirst(new Entry(sigma, value.copy().escapeTo(kept)));
        while (entries.size() > most) {
            entries.removeLast().value().close();
        }
    }

    int size() {
        return entries.size();
    }

    /** Level of an evaluation; 0 is the newest. */
    double sigma(int age) {
        return new ArrayList<>(entries).get(age).sigma();
    }

    /** An evaluation, borrowed; 0 is the newest. */
    Tensor value(int age) {
        return new ArrayList<>(entries).get(age).value();
    }

    @Override
    public void close() {
        kept.close();
    }
}
