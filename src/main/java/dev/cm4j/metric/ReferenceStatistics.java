package dev.cm4j.metric;

import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.data.Dataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Feature statistics of a reference data set, kept in a cache folder once computed.
 *
 * <p>The cache file's name is a hash of the data set's fingerprint, the extractor and what is
 * wanted, so a change of any of them is a new file. A torn or foreign cache file is computed again.
 */
public final class ReferenceStatistics {

    private ReferenceStatistics() {}

    /**
     * Statistics of all images of a data set, from the cache where they are there already.
     *
     * @param reference pictures that the extractor can see
     * @param extractor whose features
     * @param cache folder for the result, made if missing
     * @return mean and covariance of the features
     * @throws IllegalArgumentException if the extractor cannot see such pictures
     */
    public static FeatureStatistics of(Dataset reference, FeatureExtractor extractor, Path cache) {
        return of(
                        reference,
                        reference.fingerprint(),
                        extractor,
                        Reference.Wishes.STATISTICS,
                        cache,
                        _ -> {})
                .pool();
    }

    /**
     * The same with spatial statistics and single features.
     *
     * @param reference pictures that the extractor can see
     * @param fingerprint of the data
     * @param extractor whose features
     * @param wishes what is wanted
     * @param cache folder for the result, made if missing
     * @param done hears how many pictures are seen, where they must be
     * @return the reference
     * @throws IllegalArgumentException if the extractor cannot see such pictures
     */
    public static Reference of(
            Dataset reference,
            String fingerprint,
            FeatureExtractor extractor,
            Reference.Wishes wishes,
            Path cache,
            IntConsumer done) {
        String identity = extractor.identity() + " " + fingerprint + " " + wishes;
        String name = extractor.distanceName() + "-" + FileDigest.sha256(identity).substring(0, 16);
        Path file = cache.resolve(name + ".npz");
        Optional<Reference> cached = cached(file, identity, extractor.features());
        if (cached.isPresent()) {
            return cached.get();
        }
        Reference computed = Reference.compute(reference, extractor, wishes, done);
        ReferenceFile.write(file, computed, identity);
        return computed;
    }

    private static Optional<Reference> cached(Path file, String identity, int dimension) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return ReferenceFile.identity(file)
                    .filter(identity::equals)
                    .map(_ -> ReferenceFile.read(file, dimension));
        } catch (FormatException torn) {
            return Optional.empty();
        }
    }
}
