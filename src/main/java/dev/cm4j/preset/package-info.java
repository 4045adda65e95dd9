/**
 * Presets: whole recipes as commented YAML files.
 *
 * <p>{@link dev.cm4j.preset.Presets} finds a file by name and reads it into a {@link
 * dev.cm4j.preset.Preset}, a record of config records; a preset and a budget make the {@link
 * dev.cm4j.train.Recipe} that a {@link dev.cm4j.train.Trainer} follows. {@link
 * dev.cm4j.preset.ModelFile} is what a finished run leaves: weights and everything needed to sample
 * from them in one file; {@link dev.cm4j.preset.SourceCard} says the same of other programs'
 * checkpoints. In: a name and overrides, or a model file. Out: config records and networks. Next
 * package: {@code dev.cm4j}, the front door.
 */
package dev.cm4j.preset;
