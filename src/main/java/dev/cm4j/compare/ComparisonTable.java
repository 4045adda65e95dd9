package dev.cm4j.compare;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * {@code comparison.csv}: a row for each measured cell and each published number. What is not known
 * is an empty field.
 */
final class ComparisonTable {

    private static final String HEADER =
            "kind,dataset,entry,sampler,nfe,seed,pictures,metric,value,ms_per_picture,"
                    + "energy_per_picture,energy_unit,energy_source,parameters,"
                    + "training_minutes,training_minutes_with_teachers,training_images_per_second,"
                    + "training_energy_with_teachers,training_energy_unit,"
                    + "protocol,judge,reference,arithmetic,batch,machine,model_sha256,cell";

    private ComparisonTable() {}

    /** The whole table. */
    static String of(Results results) {
        StringBuilder text = new StringBuilder(HEADER).append('\n');
        for (Cell cell : results.cells()) {
            text.append(measured(cell, results.cost(cell.entry()))).append('\n');
        }
        for (DatasetConfig set : results.config().datasets()) {
            for (PublishedResult result : results.published(set)) {
                text.append(published(set, result)).append('\n');
            }
        }
        return text.toString();
    }

    private static String measured(Cell cell, Optional<EntryCost> cost) {
        return row(
                "measured",
                cell.dataset(),
                cell.entry(),
                cell.sampler(),
                cell.nfe(),
                cell.seed(),
                cell.pictures(),
                cell.metric(),
                cell.value(),
                cell.milliseconds(),
                cell.pictureEnergy(),
                cell.unit(),
                cell.source(),
                cost.map(EntryCost::parameters).orElse(0L),
                cost.map(EntryCost::minutes).orElse(Double.NaN),
                cost.map(EntryCost::allMinutes).orElse(Double.NaN),
                cost.map(EntryCost::imagesPerSecond).orElse(Double.NaN),
                cost.map(EntryCost::allEnergy).orElse(Double.NaN),
                cost.map(EntryCost::unit).orElse(""),
                cell.protocol(),
                cell.judge(),
                cell.reference(),
                cell.arithmetic(),
                cell.batch(),
                cell.machine(),
                cell.model(),
                cell.key());
    }

    private static String published(DatasetConfig set, PublishedResult result) {
        Object[] known = {
            "published",
            set.name(),
            result.method(),
            "",
            result.nfe(),
            "",
            PublishedResult.PICTURES,
            PublishedResult.METRIC,
            result.fid()
        };
        Object[] fields = Arrays.copyOf(known, HEADER.split(",").length);
        Arrays.fill(fields, known.length, fields.length, "");
        fields[Arrays.asList(HEADER.split(",")).indexOf("protocol")] = result.source();
        return row(fields);
    }

    private static String row(Object... fields) {
        return Arrays.stream(fields).map(ComparisonTable::field).collect(Collectors.joining(","));
    }

    private static String field(Object value) {
        return switch (value) {
            case Double number when !Double.isFinite(number) -> "";
            case String text when text.matches(".*[\",\n].*") ->
                    '"' + text.replace("\"", "\"\"") + '"';
            default -> value.toString();
        };
    }
}
