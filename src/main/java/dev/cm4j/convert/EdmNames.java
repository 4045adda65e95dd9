package dev.cm4j.convert;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The DhariwalUNet of NVlabs/edm under OpenAI's names; it is the same network.
 *
 * <pre>
 *   enc.64x64_conv                   input_blocks.0.0
 *   enc.64x64_block0, enc.32x32_down input_blocks.1, … in order
 *   dec.8x8_in0, in1                 middle_block.0 and .1, .2
 *   dec.8x8_block0, …                output_blocks.0, … in order
 *   dec.16x16_up                     the last part of the output block before
 * </pre>
 *
 * <p>Rows of qkv stay in EDM's order, head-dim-three. Source: NVlabs/edm, {@code
 * training/networks.py}.
 */
final class EdmNames {

    /** What precedes every name where a network lies in its preconditioning. */
    static final String WRAPPER = "model.";

    /** The input for augmented pictures, which is left out. */
    static final String AUGMENT = "map_augment.weight";

    /** What the constant filters of resampling layers are called. */
    static final String FILTER = ".resample_filter";

    static final String WITHOUT_AUGMENT =
            "left out map_augment, which tells the network of augmented pictures and does"
                    + " nothing when sampling";

    private static final Pattern FIRST = Pattern.compile("enc\\.([1-9]\\d{0,4})x\\1_conv\\.weight");
    private static final long LARGEST_LABELS = 1L << 30;
    private static final int SMALLEST_WIDTH = 128; // below, EDM's norms have fewer than 32 groups
    private static final Map<String, String> PARTS =
            Map.ofEntries(
                    Map.entry("norm0", ".0.in_layers.0"),
                    Map.entry("conv0", ".0.in_layers.2"),
                    Map.entry("affine", ".0.emb_layers.1"),
                    Map.entry("norm1", ".0.out_layers.0"),
                    Map.entry("conv1", ".0.out_layers.3"),
                    Map.entry("skip", ".0.skip_connection"),
                    Map.entry("norm2", ".1.norm"),
                    Map.entry("qkv", ".1.qkv"),
                    Map.entry("proj", ".1.proj_out"));

    private final Path file;
    private final Map<String, TensorEntry> source = new LinkedHashMap<>();
    private final Map<String, TensorEntry> renamed = new LinkedHashMap<>();
    private final List<String> notices = new ArrayList<>();
    private int size;

    private EdmNames(Path file) {
        this.file = file;
    }

    /**
     * A network under its new names.
     *
     * @param entries every weight
     * @param imageSize height and width of the pictures, which EDM's names say
     * @param notices what was left out
     */
    record Renamed(Map<String, TensorEntry> entries, int imageSize, List<String> notices) {}

    /**
     * Renames all tensors.
     *
     * @throws FormatException if a tensor has no place
     */
    static Renamed rename(Path file, Map<String, TensorEntry> entries) {
        EdmNames names = new EdmNames(file);
        names.take(entries);
        names.size = names.imageSize();
        names.embedding();
        names.encoder();
        names.decoder();
        names.copy("out_norm", "out.0");
        names.copy("out_conv", "out.2");
        if (!names.source.isEmpty()) {
            throw new FormatException(
                    file,
                    names.source.size()
                            + " tensors without a place in the network, such as "
                            + names.source.keySet().iterator().next(),
                    "the weights of one DhariwalUNet");
        }
        return new Renamed(names.renamed, names.size, names.notices);
    }

    private void take(Map<String, TensorEntry> entries) {
        boolean wrapped = entries.keySet().stream().allMatch(name -> name.startsWith(WRAPPER));
        entries.forEach((name, entry) -> {
            if (!name.endsWith(FILTER)) {
                source.put(wrapped ? name.substring(WRAPPER.length()) : name, entry);
            }
        });
        if (source.remove(AUGMENT) != null) {
            notices.add(WITHOUT_AUGMENT);
        }
    }

    private int imageSize() {
        for (String name : source.keySet()) {
            Matcher first = FIRST.matcher(name);
            if (first.matches()) {
                return Integer.parseInt(first.group(1));
            }
        }
        throw new FormatException(
                file, "no tensor such as enc.64x64_conv.weight", "the weights of a DhariwalUNet");
    }

    private void embedding() {
        copy("map_layer0", "time_embed.0");
        copy("map_layer1", "time_embed.2");
        TensorEntry labels = source.remove("map_label.weight");
        if (labels == null) {
            return;
        }
        if (labels.shape().length != 2) {
            throw new FormatException(
                    file,
                    "map_label.weight of shape " + Arrays.toString(labels.shape()),
                    "[4M, n]");
        }
        renamed.put("label_emb.weight", transposed("label_emb.weight", labels));
    }

    private TensorEntry transposed(String name, TensorEntry matrix) {
        long rows = matrix.shape()[0];
        long columns = matrix.shape()[1];
        int bytes = matrix.dtype().bytes();
        if (matrix.data().byteSize() > LARGEST_LABELS) {
            throw new FormatException(
                    file,
                    "map_label.weight of " + matrix.data().byteSize() + " bytes",
                    "at most " + LARGEST_LABELS);
        }
        MemorySegment target = MemorySegment.ofArray(new byte[(int) matrix.data().byteSize()]);
        for (long row = 0; row < rows && columns > 0; row++) {
            for (long column = 0; column < columns; column++) {
                MemorySegment.copy(
                        matrix.data(),
                        (row * columns + column) * bytes,
                        target,
                        (column * rows + row) * bytes,
                        bytes);
            }
        }
        return new TensorEntry(name, matrix.dtype(), new long[] {columns, rows}, target);
    }

    private void encoder() {
        copy("enc." + stage(size) + "conv", "input_blocks.0.0");
        int block = 1;
        for (int at = size; at > 0 && hasEncoder(at); at /= 2) {
            if (at < size) {
                part("enc." + stage(at) + "down", "input_blocks." + block++, ".0");
            }
            for (int i = 0; has("enc." + stage(at) + "block" + i); i++) {
                part("enc." + stage(at) + "block" + i, "input_blocks." + block++, ".0");
            }
        }
    }

    private void decoder() {
        int lowest = size;
        while (lowest > 1 && has("dec." + stage(lowest / 2) + "block0")) {
            lowest /= 2;
        }
        part("dec." + stage(lowest) + "in0", "middle_block", ".0");
        String second = "dec." + stage(lowest) + "in1";
        part(second, "middle_block", ".2");
        int block = 0;
        for (int at = lowest; at <= size; at *= 2) {
            if (at > lowest) {
                String before = "output_blocks." + (block - 1);
                boolean attends = renamed.containsKey(before + ".1.qkv.weight");
                part("dec." + stage(at) + "up", before, attends ? ".2" : ".1");
            }
            for (int i = 0; has("dec." + stage(at) + "block" + i); i++) {
                part("dec." + stage(at) + "block" + i, "output_blocks." + block++, ".0");
            }
        }
    }

    /** A residual block; the position of its convolutions is {@code at}, of its attention .1. */
    private void part(String from, String to, String at) {
        PARTS.forEach((theirs, ours) -> {
            String place = ours.startsWith(".0") ? at + ours.substring(2) : ours;
            copy(from + "." + theirs, to + place);
        });
    }

    private void copy(String from, String to) {
        for (String kind : List.of(".weight", ".bias")) {
            TensorEntry entry = source.remove(from + kind);
            if (entry != null) {
                narrow(from + kind, entry);
                renamed.put(
                        to + kind,
                        new TensorEntry(to + kind, entry.dtype(), entry.shape(), entry.data()));
            }
        }
    }

    private void narrow(String name, TensorEntry entry) {
        boolean norm = name.matches(".*norm\\d?\\.weight");
        if (norm && entry.elementCount() < SMALLEST_WIDTH) {
            throw new FormatException(
                    file,
                    name
                            + " has "
                            + entry.elementCount()
                            + " channels, which EDM norms in fewer than 32 groups",
                    "at least " + SMALLEST_WIDTH);
        }
    }

    private boolean hasEncoder(int at) {
        return has("enc." + stage(at) + "block0") || has("enc." + stage(at) + "down");
    }

    private boolean has(String block) {
        return source.containsKey(block + ".conv0.weight");
    }

    private static String stage(int pixels) {
        return pixels + "x" + pixels + "_";
    }
}
