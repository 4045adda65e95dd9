package com.example;

import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens a model, which is the first argument, and writes a picture to the second. */
public final class FirstPicture {
    private FirstPicture() {}

    public static void main(String[] args) throws IOException {
        try (var pipeline = ConsistencyPipeline.open(Path.of(args[0]))) {
            var pictures = pipeline.generate(Request.of(1).withSteps(2).withLabels(7));
            Files.write(Path.of(args[1]), pictures.png(0));
        }
    }
}
