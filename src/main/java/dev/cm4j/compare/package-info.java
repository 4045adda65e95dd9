/**
 * Honest comparisons: several models, samplers and data sets under one protocol.
 *
 * <p>A {@link dev.cm4j.compare.ComparisonConfig}, read from YAML by {@link
 * dev.cm4j.compare.ComparisonFile}, names data sets and entries; {@link
 * dev.cm4j.compare.Comparison} trains what is to be trained, measures every cell (model, sampler,
 * evaluations, seed) that its folder does not hold yet, and writes a table and a page: quality
 * against evaluations, time and energy. In: a configuration and a folder. Out: {@code
 * comparison.csv} and {@code comparison.html}. Above stands {@code dev.cm4j.cli}.
 */
package dev.cm4j.compare;
