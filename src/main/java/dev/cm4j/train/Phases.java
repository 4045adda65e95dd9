package dev.cm4j.train;

import java.util.List;

/**
 * The phases of a run, one after the other.
 *
 * <p>Each phase counts its own steps, so a curriculum or a row of stages spans exactly its phase.
 * In a run of a given time, where steps are not known beforehand, the whole run counts as {@value
 * #TIMED_STEPS} steps.
 *
 * @param list in order, not empty
 */
public record Phases(List<Phase> list) {

    /** Steps that a run bounded by time is divided into. */
    public static final long TIMED_STEPS = 1_000_000;

    public Phases {
        list = List.copyOf(list);
        if (list.isEmpty()) {
            throw new IllegalArgumentException("a recipe needs at least one phase");
        }
    }

    /**
     * A position inside a phase.
     *
     * @param index of the phase, from 0
     * @param phase the phase
     * @param step steps taken in it
     * @param totalSteps its steps
     */
    public record Place(int index, Phase phase, long step, long totalSteps) {

        /** N(k), or the stage. */
        public int scales() {
            return phase.scales().at(step, totalSteps);
        }

        /** μ(k), 0 where the online network is its own target. */
        public double targetRate() {
            return phase.targetRate().rate(step, scales());
        }
    }

    /** Where a run stands before the step about to be taken. */
    public Place at(Progress progress) {
        boolean timed = progress.totalSteps() < 0;
        long total = timed ? TIMED_STEPS : progress.totalSteps();
        long step = timed ? (long) (progress.fraction() * total) : progress.step();
        int index = list.size() - 1;
        for (int i = 0; i < list.size() - 1; i++) {
            if (step < end(list, i, total)) {
                index = i;
                break;
            }
        }
        long start = index == 0 ? 0 : end(list, index - 1, total);
        return new Place(index, list.get(index), step - start, length(shares(), index, total));
    }

    private List<Double> shares() {
        return list.stream().map(Phase::share).toList();
    }

    private static long end(List<Phase> phases, int index, long total) {
        return end(index, phases.stream().map(Phase::share).toList(), total);
    }

    private static long end(int index, List<Double> shares, long total) {
        double all = shares.stream().mapToDouble(Double::doubleValue).sum();
        double until = shares.stream().limit(index + 1).mapToDouble(Double::doubleValue).sum();
        return Math.round(until / all * total);
    }

    /**
     * Steps of a phase.
     *
     * @param shares of all phases
     * @param index of the phase
     * @param total steps of the run
     * @return at least 1
     */
    public static long length(List<Double> shares, int index, long total) {
        long start = index == 0 ? 0 : end(index - 1, shares, total);
        return Math.max(1, end(index, shares, total) - start);
    }
}
