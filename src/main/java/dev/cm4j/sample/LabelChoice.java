package dev.cm4j.sample;

import dev.cm4j.schedule.Streams;
import java.util.Arrays;
import java.util.List;

/** Which class each sampled image gets. It depends on the number of the image, not on the batch. */
public sealed interface LabelChoice {

    /**
     * The classes of images.
     *
     * @param images numbers of the images, not negative
     * @return their classes
     */
    long[] labels(long... images);

    /**
     * Every class equally often: i mod classes.
     *
     * @param classes number of classes, at least 1
     */
    record Balanced(int classes) implements LabelChoice {

        @Override
        public long[] labels(long... images) {
            return Arrays.stream(images).map(i -> i % classes).toArray();
        }
    }

    /**
     * Classes drawn evenly.
     *
     * @param classes number of classes, at least 1
     * @param seed chooses the sequence
     */
    record Uniform(int classes, long seed) implements LabelChoice {

        @Override
        public long[] labels(long... images) {
            var stream = new Streams(seed).labels();
            return Arrays.stream(images)
                    .map(i -> (long) (Streams.uniforms(stream, i, 1)[0] * classes))
                    .toArray();
        }
    }

    /**
     * A list that repeats.
     *
     * @param list classes, at least one
     */
    record Listed(List<Long> list) implements LabelChoice {

        /**
         * Checks the list.
         *
         * @throws IllegalArgumentException if it is empty
         */
        public Listed {
            list = List.copyOf(list);
            if (list.isEmpty()) {
                throw new IllegalArgumentException("a list of labels needs at least one");
            }
        }

        @Override
        public long[] labels(long... images) {
            return Arrays.stream(images).map(i -> list.get((int) (i % list.size()))).toArray();
        }
    }
}
