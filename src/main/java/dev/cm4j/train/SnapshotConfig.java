package dev.cm4j.train;

import dev.cm4j.tensor.DType;
import java.util.Optional;

/**
 * Which snapshots of the power-function averages a run keeps, so that averages of other widths can
 * be made afterwards.
 *
 * @param every steps between snapshots, positive
 * @param keep most snapshots of an average that stay, at least 4; where there are more, every
 *     second one goes and the rest stand twice as far apart; absent: 64
 * @param storage element type of what has more than one dimension: {@code f32} or {@code f16};
 *     absent: f16
 */
public record SnapshotConfig(int every, Optional<Integer> keep, Optional<DType> storage) {

    private static final int USUAL = 64;
    private static final int FEWEST = 4;

    public SnapshotConfig {
        if (every < 1) {
            throw new IllegalArgumentException(
                    "snapshots are at least 1 step apart, got every " + every);
        }
        if (keep.isPresent() && keep.get() < FEWEST) {
            throw new IllegalArgumentException(
                    "at least %d snapshots stay, got keep %d".formatted(FEWEST, keep.get()));
        }
        if (storage.isPresent() && storage.get() != DType.F32 && storage.get() != DType.F16) {
            throw new IllegalArgumentException(
                    "snapshots are stored as f32 or f16, not as " + storage.get());
        }
    }

    /** Most snapshots of an average that stay. */
    int most() {
        return keep.orElse(USUAL);
    }

    /** Element type of the tensors with more than one dimension. */
    DType type() {
        return storage.orElse(DType.F16);
    }
}
