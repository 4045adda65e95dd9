package dev.cm4j.train;

import dev.cm4j.schedule.EmaRate;

/**
 * An evaluation average of the weights.
 *
 * @param label its name, used in file names: letters, digits, dots and hyphens
 * @param rate how fast it forgets
 */
public record AverageConfig(String label, EmaRate rate) {

    public AverageConfig {
        if (!label.matches("[A-Za-z0-9.-]{1,64}")) {
            throw new IllegalArgumentException(
                    "average '" + label + "' needs a name of letters, digits, dots and hyphens");
        }
    }
}
