package dev.cm4j.data;

/**
 * Size of every image of a data set.
 *
 * @param channels 1 or 3
 * @param height pixels
 * @param width pixels
 */
record ImageShape(int channels, int height, int width) {

    int bytes() {
        return channels * height * width;
    }
}
