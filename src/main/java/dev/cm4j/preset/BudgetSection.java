package dev.cm4j.preset;

import dev.cm4j.train.Budget;
import java.util.Optional;

/**
 * How long a run is unless the command line says otherwise; one of the two.
 *
 * @param steps optimiser steps
 * @param minutes of training
 */
public record BudgetSection(Optional<Long> steps, Optional<Double> minutes) {

    public BudgetSection {
        if (steps.isPresent() == minutes.isPresent()) {
            throw new IllegalArgumentException("budget needs either steps or minutes");
        }
    }

    /** The budget. */
    public Budget budget() {
        return steps.map(Budget::steps).orElseGet(() -> Budget.minutes(minutes.orElseThrow()));
    }
}
