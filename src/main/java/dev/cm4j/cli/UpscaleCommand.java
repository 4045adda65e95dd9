package dev.cm4j.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Enlarges pictures. */
@Command(
        name = "upscale",
        description =
                "Enlarge pictures to the size of the model's; the mean of each patch is kept.",
        footer = {
            "",
            "A picture of another size than 1/N of the model's is first brought to it by means."
        })
final class UpscaleCommand implements Callable<Integer> {

    private static final int STEPS = 10;

    @Spec private CommandSpec spec;

    @Mixin private EditOptions edit;

    @Option(
            names = "--factor",
            paramLabel = "N",
            required = true,
            description = "How many times; a divisor of the model's size.")
    private int factor;

    @Mixin private ResultOptions results;

    @Override
    public Integer call() {
        return results.run(
                spec,
                edit,
                Optional.empty(),
                STEPS,
                editor -> editor.lowFit(factor),
                (editor, pictures, request) -> editor.upscale(pictures, factor, request));
    }
}
