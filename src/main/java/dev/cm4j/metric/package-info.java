/**
 * How good are the pictures: distances between sets of features, and the digit score.
 *
 * <p>Main type: {@link dev.cm4j.metric.PictureScorer}, and for digits {@link
 * dev.cm4j.metric.DigitsScorer}. In: pictures as bytes [N, C, H, W], as a file would hold them, and
 * a reference data set. Out: {@link dev.cm4j.metric.DigitsScore}, a few numbers with the count and
 * the protocol they belong to. The door to it is {@code dev.cm4j}, whose command line prints them.
 */
package dev.cm4j.metric;
