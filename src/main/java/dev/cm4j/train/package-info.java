/**
 * The run: recipe, loop, state, resume, records.
 *
 * <p>Main type: {@link dev.cm4j.train.Trainer}; the heart is one page, {@link
 * dev.cm4j.train.TrainingStep}. In: a {@link dev.cm4j.train.Run}, a data set, and {@link
 * dev.cm4j.train.StepListener}s. Out: a trained {@link dev.cm4j.train.TrainState} and a folder of
 * checkpoints and records. Previews and scores are listeners given from above. Next package: {@code
 * dev.cm4j.preset}, which reads recipes from files.
 */
package dev.cm4j.train;
