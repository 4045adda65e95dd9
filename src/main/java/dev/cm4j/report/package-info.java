/**
 * Pages about a run that need nothing but a browser.
 *
 * <p>{@link dev.cm4j.report.RunReport} reads a run's folder (tables, pictures, what the run says
 * about itself) and writes one HTML file: plots as vector graphics, pictures inside the page, no
 * script and nothing from elsewhere. Below stands {@code train}, which leaves such folders.
 */
package dev.cm4j.report;
