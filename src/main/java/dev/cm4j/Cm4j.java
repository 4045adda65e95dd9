package dev.cm4j;

import dev.cm4j.tensor.Library;
import java.nio.file.Path;

/** Where an embedding program begins. */
public final class Cm4j {

    /** The version of the Java side; the native library must have the same. */
    public static final String VERSION = "0.1.0";

    private Cm4j() {}

    /**
     * Names the LibTorch to use, before anything else of cm4j is. Needed only where neither {@code
     * -Dcm4j.libtorch}, {@code CM4J_LIBTORCH} nor {@code LIBTORCH} names one, and the set-up has
     * fetched none. A directory that holds none is refused where something native is first used.
     *
     * @param root the directory that holds {@code lib/libtorch_cpu.so}
     * @throws IllegalStateException if something native was used already
     */
    public static void libtorch(Path root) {
        Library.libtorch(root);
    }

    /**
     * Opens a model for sampling.
     *
     * <pre>
     *   try (var model = Cm4j.open(Path.of("models/digits.safetensors"))) {
     *       Pictures sevens = model.generate(Request.of(16).withSteps(2).withLabels(7));
     *       ImageIO.write(sevens.image(0), "png", new File("seven.png"));
     *   }
     * </pre>
     *
     * @param model a cm4j model, a {@code .pt} or {@code .safetensors} file, or a folder of
     *     diffusers
     * @return the pipeline, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if it is no such model
     */
    public static ConsistencyPipeline open(Path model) {
        return ConsistencyPipeline.open(model);
    }
}
