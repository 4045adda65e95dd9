package dev.cm4j.sample;

/** A sampler of consistency functions: each evaluation is a finished image. */
public sealed interface ConsistencySampler extends Sampler
        permits OnestepSampler, MultistepSampler, DiffusersSampler, GammaSampler {}
