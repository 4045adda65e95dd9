package dev.cm4j.compare;

/** Time and energy of sampling, stopped while pictures are judged. */
final class SamplingClock {

    private final EnergyMeter meter;
    private double seconds;
    private double energy;
    private long startedAt;
    private double startedWith;

    /**
     * @param meter borrowed
     */
    SamplingClock(EnergyMeter meter) {
        this.meter = meter;
    }

    void start() {
        startedWith = meter.total();
        startedAt = System.nanoTime();
    }

    void pause() {
        seconds += (System.nanoTime() - startedAt) / 1e9;
        energy += meter.total() - startedWith;
    }

    /** Time between starts and pauses. */
    double seconds() {
        return seconds;
    }

    /** What the meter counted meanwhile. */
    double energy() {
        return energy;
    }
}
