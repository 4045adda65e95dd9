package dev.cm4j.convert;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cm4j.checkpoint.AtomicFile;
import dev.cm4j.checkpoint.FormatException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The JSON files of a diffusers folder: keys sorted, two spaces of indent, a final newline, numbers
 * as Python writes them.
 */
final class DiffusersJson {

    private static final long LONGEST = 1L << 20; // a configuration has a few kilobytes
    private static final String VERSION = "0.18.0"; // the first with consistency models
    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(64).build())
                    .build();

    private DiffusersJson() {}

    static JsonNode read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new FormatException(file, "no such file", "a diffusers pipeline to have it");
        }
        byte[] content;
        try {
            long size = Files.size(file);
            if (size > LONGEST) {
                throw new FormatException(file, size + " bytes of JSON", "at most " + LONGEST);
            }
            content = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
        try (JsonParser parser = JSON.createParser(content)) {
            JsonNode tree = parser.nextToken() == null ? MissingNode.getInstance() : tree(parser);
            if (parser.nextToken() != null) {
                throw new JsonParseException(parser, "text after the end of the JSON");
            }
            return tree;
        } catch (IOException e) { // of the parser: the bytes are here
            String problem = e.getMessage() == null ? "" : e.getMessage();
            throw new FormatException(
                    file,
                    "broken JSON: " + problem.lines().findFirst().orElse(""),
                    "a configuration",
                    e);
        }
    }

    /**
     * What the parser stands at. Read by hand, as an ObjectMapper's first use takes longer than
     * opening a checkpoint.
     */
    private static JsonNode tree(JsonParser parser) throws IOException {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                ObjectNode object = nodes.objectNode();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String key = parser.currentName();
                    parser.nextToken();
                    object.set(key, tree(parser));
                }
                yield object;
            }
            case START_ARRAY -> {
                ArrayNode array = nodes.arrayNode();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    array.add(tree(parser));
                }
                yield array;
            }
            case VALUE_STRING -> nodes.textNode(parser.getText());
            case VALUE_NUMBER_INT -> nodes.numberNode(parser.getBigIntegerValue());
            case VALUE_NUMBER_FLOAT -> nodes.numberNode(parser.getDoubleValue());
            case VALUE_TRUE, VALUE_FALSE -> nodes.booleanNode(parser.getBooleanValue());
            default -> nodes.nullNode();
        };
    }

    static void write(Path file, Map<String, ?> content) {
        byte[] text = text(content).getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, text);
    }

    static String text(Map<String, ?> content) {
        var indenter = new DefaultIndenter("  ", "\n");
        var printer =
                new DefaultPrettyPrinter(
                                Separators.createDefaultInstance()
                                        .withObjectFieldValueSpacing(Separators.Spacing.AFTER))
                        .withObjectIndenter(indenter)
                        .withArrayIndenter(indenter);
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.setPrettyPrinter(printer);
            json.writeStartObject();
            for (var item : new TreeMap<>(content).entrySet()) {
                json.writeFieldName(item.getKey());
                write(json, item.getValue());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text + "\n";
    }

    private static void write(JsonGenerator json, Object value) throws IOException {
        switch (value) {
            case List<?> items -> {
                json.writeStartArray();
                for (Object item : items) {
                    write(json, item);
                }
                json.writeEndArray();
            }
            case Optional<?> none when none.isEmpty() -> json.writeNull();
            case Double number -> json.writeNumber(python(number));
            case Integer number -> json.writeNumber(number);
            case Boolean flag -> json.writeBoolean(flag);
            case String text -> json.writeString(text);
            default -> throw new IllegalArgumentException("no JSON for " + value);
        }
    }

    /** The shortest digits, without an exponent between 1e-4 and 1e16. */
    private static String python(double value) {
        double size = Math.abs(value);
        if (size == 0 || (size >= 1e-4 && size < 1e16)) {
            String plain = new BigDecimal(Double.toString(value)).toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        String[] parts = Double.toString(value).split("E");
        String digits = parts[0].endsWith(".0") ? parts[0].replace(".0", "") : parts[0];
        int exponent = Integer.parseInt(parts[1]);
        String sign = exponent < 0 ? "-" : "+";
        return String.format(Locale.ROOT, "%se%s%02d", digits, sign, Math.abs(exponent));
    }

    /** Null for 0, which no option here may be. */
    static Object orNull(int value) {
        return value == 0 ? Optional.empty() : (Object) value;
    }

    static Map<String, ?> modelIndex() {
        return Map.of(
                "_class_name",
                DiffusersFolder.PIPELINE,
                "_diffusers_version",
                VERSION,
                "scheduler",
                List.of("diffusers", DiffusersFolder.SCHEDULER),
                "unet",
                List.of("diffusers", DiffusersUNetConfig.CLASS));
    }

    static Map<String, ?> scheduler(SchedulerConfig config) {
        return Map.of(
                "_class_name",
                DiffusersFolder.SCHEDULER,
                "_diffusers_version",
                VERSION,
                "num_train_timesteps",
                config.trainTimesteps(),
                "sigma_min",
                config.sigmaMin(),
                "sigma_max",
                config.sigmaMax(),
                "sigma_data",
                config.sigmaData(),
                "s_noise",
                config.noiseScale(),
                "rho",
                config.rho(),
                "clip_denoised",
                config.clipDenoised());
    }

    /** Reads what {@link #scheduler} writes; absent keys have the defaults of diffusers. */
    static SchedulerConfig scheduler(Path file, JsonNode json) {
        OptionReader options = new OptionReader(file, json);
        options.requireText("_class_name", DiffusersFolder.SCHEDULER, DiffusersFolder.SCHEDULER);
        SchedulerConfig absent = SchedulerConfig.DEFAULT;
        try {
            return new SchedulerConfig(
                    options.number("num_train_timesteps", absent.trainTimesteps()),
                    options.real("sigma_min", absent.sigmaMin()),
                    options.real("sigma_max", absent.sigmaMax()),
                    options.real("sigma_data", absent.sigmaData()),
                    options.real("s_noise", absent.noiseScale()),
                    options.real("rho", absent.rho()),
                    options.flag("clip_denoised", absent.clipDenoised()));
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, e.getMessage(), "a sampler's numbers", e);
        }
    }

    /** Options of a network that every network of ours has alike. */
    static Map<String, Object> fixedUNetOptions() {
        Map<String, Object> options = new HashMap<>();
        options.put("_class_name", DiffusersUNetConfig.CLASS);
        options.put("_diffusers_version", VERSION);
        options.put("act_fn", "silu");
        options.put("add_attention", true);
        options.put("center_input_sample", false);
        options.put("class_embed_type", Optional.empty());
        options.put("downsample_padding", 1);
        options.put("flip_sin_to_cos", true);
        options.put("freq_shift", 0);
        options.put("mid_block_scale_factor", 1);
        options.put("mid_block_type", "UNetMidBlock2D");
        options.put("norm_eps", 1e-5);
        options.put("norm_num_groups", 32);
        options.put("num_train_timesteps", Optional.empty());
        options.put("time_embedding_dim", Optional.empty());
        options.put("time_embedding_type", "positional");
        return options;
    }
}
