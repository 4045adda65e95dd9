/**
 * Networks: described by a record, run natively, their parameters known by name.
 *
 * <p>Main types: {@link dev.cm4j.nn.UNetConfig} and {@link dev.cm4j.nn.UNet}. In: images {@code [N,
 * C, H, W]}, a time input {@code [N]}, labels. Out: a prediction of the images' shape, and
 * gradients of all parameters. {@link dev.cm4j.nn.PassMemory} says beforehand what a pass will
 * hold, {@link dev.cm4j.nn.SamplingGraph} and {@link dev.cm4j.nn.TrainingGraph} make many passes
 * one call. Next: {@code dev.cm4j.model}, which makes a consistency function of a network.
 */
package dev.cm4j.nn;
