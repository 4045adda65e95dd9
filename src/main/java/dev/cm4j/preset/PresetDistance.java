package dev.cm4j.preset;

import dev.cm4j.loss.Distance;
import dev.cm4j.loss.L1;
import dev.cm4j.loss.L2;
import dev.cm4j.loss.L2At32;
import dev.cm4j.loss.L2Norm;
import dev.cm4j.loss.Linf;
import dev.cm4j.loss.PseudoHuber;
import dev.cm4j.nn.Vgg16;
import java.util.Optional;

/** A distance as a preset writes it; {@code kind} chooses it. */
public sealed interface PresetDistance {

    /**
     * The distance.
     *
     * @param supplies opens the files of those that have weights
     */
    Distance distance(Supplies supplies);

    /** {@code kind: l1}. */
    record L1Distance() implements PresetDistance {

        @Override
        public Distance distance(Supplies supplies) {
            return new L1();
        }
    }

    /** {@code kind: l2}. */
    record L2Distance() implements PresetDistance {

        @Override
        public Distance distance(Supplies supplies) {
            return new L2();
        }
    }

    /** {@code kind: linf}. */
    record LinfDistance() implements PresetDistance {

        @Override
        public Distance distance(Supplies supplies) {
            return new Linf();
        }
    }

    /** {@code kind: l2-norm}. */
    record L2NormDistance() implements PresetDistance {

        @Override
        public Distance distance(Supplies supplies) {
            return new L2Norm();
        }
    }

    /** {@code kind: l2-at32}. */
    record L2At32Distance() implements PresetDistance {

        @Override
        public Distance distance(Supplies supplies) {
            return new L2At32();
        }
    }

    /**
     * {@code kind: pseudo-huber}.
     *
     * @param c where it turns from square to straight
     */
    record PseudoHuberDistance(double c) implements PresetDistance {

        public PseudoHuberDistance {
            new PseudoHuber(c); // says what is wrong with it
        }

        @Override
        public Distance distance(Supplies supplies) {
            return new PseudoHuber(c);
        }
    }

    /**
     * {@code kind: lpips}: what a classifier sees, with weights from two files.
     *
     * @param backbone VGG16's weights with torchvision's names
     * @param linear LPIPS's layers
     * @param pooling {@code max} as published, {@code average} as the original code trains; absent:
     *     average
     */
    record LpipsDistance(String backbone, String linear, Optional<Vgg16.Pooling> pooling)
            implements PresetDistance {

        @Override
        public Distance distance(Supplies supplies) {
            return supplies.lpips(this);
        }
    }
}
