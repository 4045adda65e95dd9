/**
 * The command line: one class per command.
 *
 * <p>Main type: {@link dev.cm4j.cli.Main}. In: words. Out: an exit code (0 done, 1 failed, 2
 * misused, 130 interrupted), data on the standard output, everything else on the standard error.
 * Nothing imports this package; what it does is open to every Java program through {@code
 * dev.cm4j}.
 */
package dev.cm4j.cli;
