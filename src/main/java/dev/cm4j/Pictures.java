package dev.cm4j;

import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Finished pictures on the Java heap.
 *
 * @param list the pictures, all of one size, at least one
 * @param labels the class asked for of each, empty where the model knows no classes; copied, on the
 *     way in and on the way out
 */
public record Pictures(List<Picture> list, long[] labels) {

    /**
     * @throws IllegalArgumentException if there is no picture or not one label for each
     */
    public Pictures {
        list = List.copyOf(list);
        labels = labels.clone();
        if (list.isEmpty()) {
            throw new IllegalArgumentException("there are no pictures");
        }
        if (labels.length != 0 && labels.length != list.size()) {
            throw new IllegalArgumentException(
                    labels.length + " labels for " + list.size() + " pictures");
        }
    }

    @Override
    public long[] labels() {
        return labels.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Pictures pictures
                && list.equals(pictures.list)
                && Arrays.equals(labels, pictures.labels);
    }

    @Override
    public int hashCode() {
        return 31 * list.hashCode() + Arrays.hashCode(labels);
    }

    /** Such as {@code Pictures[64 of 1x28x28, of 10 classes]}. */
    @Override
    public String toString() {
        Picture first = list.getFirst();
        return "Pictures[%d of %dx%dx%d, %s]"
                .formatted(
                        list.size(),
                        first.channels(),
                        first.height(),
                        first.width(),
                        labels.length == 0
                                ? "no classes"
                                : "of " + Arrays.stream(labels).distinct().count() + " classes");
    }

    /** Number of pictures. */
    public int count() {
        return list.size();
    }

    /**
     * One picture for Java's imaging.
     *
     * @param index 0 to count − 1
     * @return a grey or RGB image
     */
    public BufferedImage image(int index) {
        Picture picture = list.get(index);
        int channels = picture.channels();
        int plane = picture.height() * picture.width();
        var image =
                new BufferedImage(
                        picture.width(),
                        picture.height(),
                        channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
        int[] pixel = new int[channels];
        for (int at = 0; at < plane; at++) {
            for (int c = 0; c < channels; c++) {
                pixel[c] = picture.bytes()[c * plane + at] & 0xff;
            }
            image.getRaster().setPixel(at % picture.width(), at / picture.width(), pixel);
        }
        return image;
    }

    /**
     * One picture as a PNG file's bytes, without any of Java's imaging.
     *
     * @param index 0 to count − 1
     * @return a new array
     */
    public byte[] png(int index) {
        return Png.encode(list.get(index), Map.of());
    }

    /**
     * All pictures as bytes, pixel by pixel.
     *
     * @return [N, H, W, C] row-major, unsigned; a new array
     */
    public byte[] bytes() {
        Picture first = list.getFirst();
        int channels = first.channels();
        int plane = first.height() * first.width();
        byte[] all = new byte[Math.multiplyExact(list.size(), channels * plane)];
        int at = 0;
        for (Picture picture : list) {
            for (int pixel = 0; pixel < plane; pixel++) {
                for (int c = 0; c < channels; c++) {
                    all[at++] = picture.bytes()[c * plane + pixel];
                }
            }
        }
        return all;
    }
}
