/**
 * Training objectives and the distances they minimise.
 *
 * <p>Main type: {@link dev.cm4j.loss.Objective}, with one class for each method: {@link
 * dev.cm4j.loss.ConsistencyTraining}, {@link dev.cm4j.loss.ImprovedConsistencyTraining}, {@link
 * dev.cm4j.loss.EasyConsistencyTuning}, {@link dev.cm4j.loss.ConsistencyDistillation}, {@link
 * dev.cm4j.loss.ProgressiveDistillation}, {@link dev.cm4j.loss.KnowledgeDistillation}, {@link
 * dev.cm4j.loss.EdmDenoising}.
 *
 * <p>In: clean images [N, C, H, W], labels, and where the run stands. Out: {@link
 * dev.cm4j.loss.LossTerms}, a scalar with a gradient. Next: {@code dev.cm4j.optim}, by way of
 * {@code dev.cm4j.train}.
 */
package dev.cm4j.loss;
