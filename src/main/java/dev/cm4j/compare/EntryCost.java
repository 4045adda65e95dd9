package dev.cm4j.compare;

import dev.cm4j.preset.ModelCard;
import java.util.Optional;

/**
 * What a model is and what its training cost.
 *
 * @param entry name in the comparison
 * @param dataset it belongs to
 * @param preset it was trained by
 * @param parameters of the network
 * @param steps of the optimiser, 0 where that is not known
 * @param images trained on
 * @param seconds of its own training steps alone, 0 where that is not known
 * @param minutes of its own training on the clock, with data and pairs; NaN where not known
 * @param energy of its own training, NaN where that is not known
 * @param unit symbol of the energy
 * @param source where the energy was read
 * @param teacher the entry it learnt from, or empty
 * @param allMinutes with the training of its teachers
 * @param allEnergy with the training of its teachers
 */
record EntryCost(
        String entry,
        String dataset,
        String preset,
        long parameters,
        long steps,
        long images,
        double seconds,
        double minutes,
        double energy,
        String unit,
        String source,
        String teacher,
        double allMinutes,
        double allEnergy) {

    /**
     * What is known of a model that was trained here, elsewhere, or before.
     *
     * @param lesson what was recorded of its training here; where the model says that it was
     *     trained for longer, sessions ended without a record and their energy is not known
     */
    static EntryCost of(EntryConfig entry, ModelCard card, long parameters, LessonRecord lesson) {
        ModelCard.Training training = card.training();
        double told = training.seconds() > 0 ? training.seconds() / 60 : Double.NaN;
        boolean whole = lesson.minutes() > 0 && !(told > lesson.minutes());
        double minutes = whole ? lesson.minutes() : told;
        double energy = whole ? lesson.energy() : Double.NaN;
        return new EntryCost(
                entry.name(),
                entry.dataset(),
                training.preset(),
                parameters,
                training.steps(),
                training.imagesSeen(),
                training.seconds(),
                minutes,
                energy,
                lesson.unit(),
                lesson.source(),
                entry.taughtBy().orElse(""),
                minutes,
                energy);
    }

    /** The same, the cost of its teacher included, which is empty where nobody knows it. */
    EntryCost after(Optional<EntryCost> taughtBy) {
        Optional<EntryCost> alike = taughtBy.filter(cost -> cost.unit().equals(unit));
        return new EntryCost(
                entry,
                dataset,
                preset,
                parameters,
                steps,
                images,
                seconds,
                minutes,
                energy,
                unit,
                source,
                teacher,
                minutes + taughtBy.map(EntryCost::allMinutes).orElse(Double.NaN),
                energy + alike.map(EntryCost::allEnergy).orElse(Double.NaN));
    }

    /** Speed of its own training steps, NaN where that is not known. */
    double imagesPerSecond() {
        return seconds > 0 ? images / seconds : Double.NaN;
    }
}
