package dev.cm4j.compare;

/**
 * A number that was measured, with all one must know to compare it or to measure it again.
 *
 * @param key hash of model, sampler, evaluations, metric, reference, pictures, seed, arithmetic and
 *     surroundings
 * @param dataset name in the comparison
 * @param entry name in the comparison
 * @param sampler as in the legend
 * @param protocol how pictures were made: sampler, steps and noise levels
 * @param nfe evaluations of the network for each picture
 * @param seed of the pictures' noise
 * @param pictures N
 * @param metric such as {@code fid-digits}
 * @param value less is better
 * @param judge whose features, of which weights
 * @param reference compared with what
 * @param seconds of sampling all pictures, judging left out
 * @param energy of sampling all pictures, judging left out; NaN where it is not known
 * @param unit symbol of the energy
 * @param source where the energy was read
 * @param batch pictures at a time
 * @param arithmetic precision and device of the network
 * @param machine it was measured on
 * @param model SHA-256
 * @param strip file name of the first pictures
 */
record Cell(
        String key,
        String dataset,
        String entry,
        String sampler,
        String protocol,
        int nfe,
        long seed,
        long pictures,
        String metric,
        double value,
        String judge,
        String reference,
        double seconds,
        double energy,
        String unit,
        String source,
        int batch,
        String arithmetic,
        String machine,
        String model,
        String strip) {

    /** The same number under other names. */
    Cell called(String otherDataset, String otherEntry, String otherSampler) {
        return new Cell(
                key,
                otherDataset,
                otherEntry,
                otherSampler,
                protocol,
                nfe,
                seed,
                pictures,
                metric,
                value,
                judge,
                reference,
                seconds,
                energy,
                unit,
                source,
                batch,
                arithmetic,
                machine,
                model,
                strip);
    }

    /** Time of a picture, in milliseconds. */
    double milliseconds() {
        return seconds * 1000 / pictures;
    }

    /** Energy of a picture, in the unit. */
    double pictureEnergy() {
        return energy / pictures;
    }
}
