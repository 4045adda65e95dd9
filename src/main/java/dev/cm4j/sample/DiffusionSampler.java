package dev.cm4j.sample;

/**
 * A sampler of diffusion models: it solves the probability-flow ODE dx/dσ = (x − D(x; σ))/σ, or the
 * stochastic equation of the same marginals, step by step.
 */
public sealed interface DiffusionSampler extends Sampler
        permits EulerSampler,
                HeunSampler,
                DpmSampler,
                DpmFastSampler,
                DpmPlusSampler,
                DeisSampler,
                DdimSampler,
                AncestralSampler,
                ProgdistSampler,
                EarlyStopSampler {}
