package dev.cm4j.nn;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The group norms of DDPM++ and NCSN++, whose groups have 4 channels until there are 32 groups.
 *
 * <p>Source: NVlabs/edm, {@code training/networks.py}, GroupNorm.
 */
final class SongNorms {
    private static final int GROUPS = 32;
    private static final int LEAST_CHANNELS = 4;

    private SongNorms() {}

    /**
     * Requires that the groups of every norm are of equal size.
     *
     * @param modelChannels M
     * @param resBlocks residual blocks of each level
     * @param channelMult width of each level in units of M
     * @throws IllegalArgumentException naming a width whose channels cannot be grouped
     */
    static void check(int modelChannels, int resBlocks, List<Integer> channelMult) {
        if (modelChannels % 2 != 0) {
            throw new IllegalArgumentException(
                    "modelChannels %d is odd: half of them are sines of the noise level, and half cosines"
                            .formatted(modelChannels));
        }
        Deque<Long> kept = new ArrayDeque<>();
        long channels = modelChannels;
        group(channels);
        kept.push(channels);
        for (int level = 0; level < channelMult.size(); level++) {
            if (level > 0) {
                kept.push(channels);
            }
            for (int block = 0; block < resBlocks; block++) {
                channels = (long) channelMult.get(level) * modelChannels;
                group(channels);
                kept.push(channels);
            }
        }
        for (int level = channelMult.size() - 1; level >= 0; level--) {
            for (int block = 0; block <= resBlocks; block++) {
                group(channels + kept.pop());
                channels = (long) channelMult.get(level) * modelChannels;
            }
        }
    }

    private static void group(long channels) {
        long groups = Math.min(GROUPS, channels / LEAST_CHANNELS);
        if (groups == 0 || channels % groups != 0) {
            throw new IllegalArgumentException(
                    "a block has %d channels, not a multiple of the %d groups of its norm"
                            .formatted(channels, groups));
        }
    }
}
