package dev.cm4j.nn;

import dev.cm4j.tensor.Tensor;

/**
 * A function's value and its derivative along a direction, the Jacobian-vector product.
 *
 * @param value F(x, t)
 * @param tangent ∂F/∂x · ẋ + ∂F/∂t · ṫ, shape of the value
 */
public record Jvp(Tensor value, Tensor tangent) {}
