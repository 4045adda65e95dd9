package dev.cm4j.compare;

import dev.cm4j.preset.ConfigText;
import java.util.List;
import java.util.Map;

/**
 * A number from a paper: always FID of 50,000 pictures by Inception.
 *
 * @param data the data set, as {@code data} of a {@link DatasetConfig} has it
 * @param method its usual name
 * @param nfe evaluations of the network for each picture
 * @param fid as published
 * @param source who says so
 */
public record PublishedResult(String data, String method, int nfe, double fid, String source) {

    /** What every one of these numbers is. */
    static final String METRIC = "fid";

    /** Pictures of every one of these numbers. */
    static final int PICTURES = 50_000;

    /**
     * The whole table.
     *
     * @param results in the order of their rows
     */
    public record Table(List<PublishedResult> results) {}

    /** All that are known. */
    static List<PublishedResult> all() {
        String name = "published.yaml";
        return ConfigText.read(ComparisonFile.resource(name), name, Table.class, Map.of())
                .results();
    }
}
