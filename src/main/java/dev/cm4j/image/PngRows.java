package dev.cm4j.image;

import java.io.IOException;
import java.io.OutputStream;

/**
 * The rows of a PNG before packing: pixel by pixel, each row through the filter after which its
 * bytes are smallest in sum.
 */
final class PngRows {

    private static final int FILTERS = 5;

    private final Picture picture;

    PngRows(Picture picture) {
        this.picture = picture;
    }

    void writeTo(OutputStream out) throws IOException {
        int length = picture.width() * picture.channels();
        byte[] above = new byte[length];
        byte[] row = new byte[length];
        byte[] best = new byte[length];
        byte[] trial = new byte[length];
        for (int y = 0; y < picture.height(); y++) {
            interleave(y, row);
            int bestFilter = 0;
            long bestSum = Long.MAX_VALUE;
            for (int filter = 0; filter < FILTERS; filter++) {
                long sum = filter(filter, row, above, trial);
                if (sum < bestSum) {
                    bestSum = sum;
                    bestFilter = filter;
                    byte[] swap = best;
                    best = trial;
                    trial = swap;
                }
            }
            out.write(bestFilter);
            out.write(best);
            byte[] swap = above;
            above = row;
            row = swap;
        }
    }

    /** Planes to pixels: R, G, B, R, G, B, …. */
    private void interleave(int y, byte[] row) {
        int plane = picture.height() * picture.width();
        for (int c = 0; c < picture.channels(); c++) {
            int from = c * plane + y * picture.width();
            for (int x = 0; x < picture.width(); x++) {
                row[x * picture.channels() + c] = picture.bytes()[from + x];
            }
        }
    }

    /** Filters a row and returns the sum of its bytes' sizes, taken as signed. */
    private long filter(int filter, byte[] row, byte[] above, byte[] target) {
        int step = picture.channels();
        long sum = 0;
        for (int i = 0; i < row.length; i++) {
            int left = i < step ? 0 : row[i - step] & 0xFF;
            int up = above[i] & 0xFF;
            int corner = i < step ? 0 : above[i - step] & 0xFF;
            int predicted =
                    switch (filter) {
                        case 0 -> 0;
                        case 1 -> left;
                        case 2 -> up;
                        case 3 -> (left + up) / 2;
                        default -> paeth(left, up, corner);
                    };
            target[i] = (byte) (row[i] - predicted);
            sum += Math.abs(target[i]);
        }
        return sum;
    }

    /** The neighbour nearest to left + up − corner (PNG specification, 9.4). */
    private static int paeth(int left, int up, int corner) {
        int p = left + up - corner;
        int toLeft = Math.abs(p - left);
        int toUp = Math.abs(p - up);
        int toCorner = Math.abs(p - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
