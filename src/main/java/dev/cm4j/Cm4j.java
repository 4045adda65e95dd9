package dev.cm4j;

import java.nio.file.Path;

/** Where an embedding program begins. */
public final class Cm4j {

    /** The version of the Java side; the native library must have the same. */
    public static final String VERSION = "0.1.0";

    private Cm4j() {}

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
     * @param model a cm4j model file
     * @return the pipeline, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if the file is no cm4j model
     */
    public static ConsistencyPipeline open(Path model) {
        return ConsistencyPipeline.open(model);
    }
}
