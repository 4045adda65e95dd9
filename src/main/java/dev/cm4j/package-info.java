/**
 * The front door: open a model, make pictures, score them, in a few lines.
 *
 * <p>Main type: {@link dev.cm4j.ConsistencyPipeline}, which answers a {@link dev.cm4j.Request} from
 * any thread; its {@link dev.cm4j.Editor} changes pictures that exist, {@link
 * dev.cm4j.GuidedPipeline} and {@link dev.cm4j.Interpolation} make others of the same model. In:
 * the path of a checkpoint, how many pictures, which noise levels, classes and seed. Out: tensors
 * or images. {@link dev.cm4j.Teacher} and {@link dev.cm4j.RunSupplies} lend a training run what it
 * learns from, and a {@link dev.cm4j.TrainingSession} takes it from its first or next step to its
 * end. For the command line see {@code dev.cm4j.cli}, which says the same in words; every package
 * below can be used on its own.
 */
package dev.cm4j;
