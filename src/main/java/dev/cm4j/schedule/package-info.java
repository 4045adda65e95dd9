/**
 * The scalar mathematics of noise, time and rates, in {@code double}, without any native library.
 *
 * <p>Main types: {@link dev.cm4j.schedule.KarrasGrid} (noise levels), {@link
 * dev.cm4j.schedule.Scalings} (network preconditioning), {@link dev.cm4j.schedule.Curriculum} (grid
 * size N(k)) and {@link dev.cm4j.schedule.TargetRate} (target average μ(k)).
 *
 * <p>In: a step number, a seed, a noise level. Out: plain numbers, cast to float32 by whoever makes
 * tensors of them. Next: {@code dev.cm4j.model} and {@code dev.cm4j.loss}.
 */
package dev.cm4j.schedule;
