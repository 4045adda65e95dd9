package dev.cm4j.model;

import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Some samples of a batch, by their places in it. */
public final class Rows {

    private Rows() {}

    /**
     * What chooses them.
     *
     * @param rows places in the batch
     * @param device where it shall lie
     * @return int64 [rows], owned by the innermost open {@code Scope}
     */
    public static Tensor index(int[] rows, Device device) {
        return Tensor.of(Arrays.stream(rows).asLongStream().toArray()).to(device);
    }

    /**
     * A batch of which some samples are others.
     *
     * @param all the batch [N, …], borrowed
     * @param rows places in it, each once
     * @param values what stands there instead [rows, …], borrowed
     * @return [N, …], owned by the innermost open {@code Scope}
     */
    public static Tensor replaced(Tensor all, int[] rows, Tensor values) {
        var size = Math.toIntExact(all.size(0));
        var place = IntStream.range(rows.length, rows.length + size).toArray(); // in all
        for (int i = 0; i < rows.length; i++) {
            place[rows[i]] = i; // in values
        }
        return Tensor.cat(0, values, all).indexSelect(0, index(place, all.device()));
    }
}
