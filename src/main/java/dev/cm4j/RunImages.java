package dev.cm4j;

import dev.cm4j.data.Dataset;
import dev.cm4j.model.IdealDenoiser;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.train.MachineMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The images that a run learns from, all of them at once.
 *
 * @param dataset borrowed
 * @param flips whether the run mirrors half of them, so that each counts in both ways
 * @param device where the run computes
 */
public record RunImages(Dataset dataset, boolean flips, Device device) {

    private static final double GIB = 1 << 30;

    /**
     * The denoiser that is exact for them.
     *
     * @return the caller's to close
     * @throws IllegalArgumentException if they do not fit into memory
     */
    IdealDenoiser ideal() {
        requireRoom();
        var order = new ArrayList<int[]>();
        if (dataset.classes() == 0) {
            order.add(IntStream.range(0, dataset.size()).toArray());
        }
        for (int c = 0; c < dataset.classes(); c++) {
            int label = c;
            order.add(
                    IntStream.range(0, dataset.size())
                            .filter(n -> dataset.label(n) == label)
                            .toArray());
        }
        try (var _ = Scope.open()) {
            List<Tensor> parts = new ArrayList<>();
            List<Integer> sizes = new ArrayList<>();
            for (int[] members : order) {
                if (members.length > 0) {
                    Tensor images = dataset.pixels(members);
                    parts.add(images);
                    if (flips) {
                        parts.add(images.flip(3));
                    }
                }
                sizes.add(members.length * (flips ? 2 : 1));
            }
            return IdealDenoiser.of(Tensor.cat(0, parts), sizes, device);
        }
    }

    /** Only main memory can be asked; a graphics processor refuses by itself. */
    private void requireRoom() {
        long numbers = (long) dataset.channels() * dataset.height() * dataset.width();
        long kept = IdealDenoiser.bytes((flips ? 2L : 1L) * dataset.size(), numbers);
        long peak = 3 * kept; // while they are copied
        MachineMemory.here()
                .safe()
                .ifPresent(free -> {
                    if (peak > free) {
                        throw new IllegalArgumentException(
                                String.format(
                                        Locale.ROOT,
                                        "the key ideal keeps all %,d images in memory, which takes"
                                                + " %.1f GiB at first, but %.1f GiB are free;"
                                                + " leave it out or take fewer images",
                                        dataset.size(),
                                        peak / GIB,
                                        free / GIB));
                    }
                });
    }
}
