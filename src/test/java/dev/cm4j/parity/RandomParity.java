package dev.cm4j.parity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The random streams of the original sampling script, drawn from PyTorch's CPU generator. */
final class RandomParity {

    private RandomParity() {}

    static void streams(ReferenceCase reference) {
        plain(reference);
        int i = 0;
        for (JsonNode run : reference.get("runs")) {
            if (run.path("generator").asText().equals("determ")) {
                oneStream(reference, run, "run" + i++);
            } else {
                streamPerSample(reference, run, "run" + i++);
            }
        }
    }

    private static void plain(ReferenceCase reference) {
        try (Rng rng = Rng.seeded(reference.get("plain_seed").asLong())) {
            reference.check("plain/randn5", rng.normal(5));
            reference.check("plain/randn40", rng.normal(40));
            reference.check("plain/randint20", rng.integers(0, 1000, 20));
            reference.check("plain/rand7", rng.uniform(7));
            reference.check("plain/randn_3_5", rng.normal(3, 5));
        }
    }

    /** "determ": one stream draws rows for all samples, of which a batch keeps a window. */
    private static void oneStream(ReferenceCase reference, JsonNode run, String name) {
        int samples = run.path("num_samples").asInt();
        long seed = run.path("seed").asLong();
        int done = 0;
        try (Rng rng = Rng.seeded(seed)) {
            int call = 0;
            for (JsonNode c : run.path("calls")) {
                String what = c.path(0).asText();
                long[] shape = shape(c.path(1));
                String output = name + "/" + call++ + "_" + what;
                if (what.equals("set_done_samples")) {
                    done = (int) shape[0];
                    rng.seed(seed);
                } else {
                    long[] all = shape.clone();
                    all[0] = samples;
                    Tensor rows =
                            what.equals("randn") ? rng.normal(all) : rng.integers(0, 1000, all);
                    reference.check(output, rows.narrow(0, done, shape[0]));
                }
            }
        }
    }

    /** "determ-indiv": sample i has its own generator, seeded with i + samples · seed. */
    private static void streamPerSample(ReferenceCase reference, JsonNode run, String name) {
        int samples = run.path("num_samples").asInt();
        long seed = run.path("seed").asLong();
        List<Rng> streams = new ArrayList<>();
        try {
            for (int i = 0; i < samples; i++) {
                streams.add(Rng.seeded(i + samples * seed));
            }
            int done = 0;
            int call = 0;
            for (JsonNode c : run.path("calls")) {
                String what = c.path(0).asText();
                long[] shape = shape(c.path(1));
                String output = name + "/" + call++ + "_" + what;
                if (what.equals("set_done_samples")) {
                    done = (int) shape[0];
                    continue;
                }
                List<Tensor> rows = new ArrayList<>();
                for (int row = 0; row < shape[0]; row++) {
                    Rng stream = streams.get(done + row);
                    long[] one = shape.clone();
                    one[0] = 1;
                    rows.add(
                            what.equals("randn")
                                    ? stream.normal(one)
                                    : stream.integers(0, 1000, one));
                }
                reference.check(output, Tensor.cat(0, rows));
            }
        } finally {
            streams.forEach(Rng::close);
        }
    }

    private static long[] shape(JsonNode node) {
        long[] shape = new long[node.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = node.path(i).asLong();
        }
        return shape;
    }
}
