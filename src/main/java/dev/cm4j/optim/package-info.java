/**
 * Steps of weight vectors along their gradients, and averages of weights over time.
 *
 * <p>Main type: {@link dev.cm4j.optim.Optimizer}. In: weights and gradients as one vector each,
 * rates as numbers. Out: the same weights, changed, and averaged copies of them. Next: {@code
 * dev.cm4j.train}, which calls it once a step.
 */
package dev.cm4j.optim;
