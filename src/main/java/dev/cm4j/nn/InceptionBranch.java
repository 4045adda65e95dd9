package dev.cm4j.nn;

import dev.cm4j.tensor.Layers;
import dev.cm4j.tensor.Tensor;
import java.util.List;

/**
 * One of the ways through a mixed block: a pool, units one after the other, and at the end perhaps
 * two units side by side.
 *
 * @param pool what comes first
 * @param units in their order, may be empty
 * @param heads both see what the last unit gives; empty: that is the result itself
 */
record InceptionBranch(Pool pool, List<InceptionUnit> units, List<InceptionUnit> heads) {

    /** What a branch begins with. */
    enum Pool {
        /** The picture as it is. */
        NONE,
        /** Mean of 3×3 pixels, those outside the picture not counted. */
        AVERAGE,
        /** Largest of 3×3 pixels: a quirk of the last block, kept from 2015. */
        MAX,
        /** Largest of 3×3 pixels, every second one. */
        HALVE;

        Tensor of(Tensor x) {
            return switch (this) {
                case NONE -> x;
                case AVERAGE -> Layers.averagePoolInside(x, 3, 1, 1);
                case MAX -> Layers.maxPool(x, 3, 1, 1);
                case HALVE -> Layers.maxPool(x, 3, 2, 0);
            };
        }
    }

    static InceptionBranch of(InceptionUnit... units) {
        return new InceptionBranch(Pool.NONE, List.of(units), List.of());
    }

    static InceptionBranch pooled(Pool pool, InceptionUnit... units) {
        return new InceptionBranch(pool, List.of(units), List.of());
    }

    /** As {@link #of}, with two heads. */
    InceptionBranch split(InceptionUnit first, InceptionUnit second) {
        return new InceptionBranch(pool, units, List.of(first, second));
    }

    /** The results, to be put one after another along the channels. */
    List<Tensor> of(Tensor x) {
        Tensor h = pool.of(x);
        for (InceptionUnit unit : units) {
            h = unit.of(h);
        }
        Tensor seen = h;
        return heads.isEmpty() ? List.of(h) : heads.stream().map(head -> head.of(seen)).toList();
    }
}
