package dev.cm4j.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Edits pictures; each way has a command of its own. */
@Command(
        name = "edit",
        description = "Edit pictures with a model that never learnt to.",
        resourceBundle = "dev.cm4j.cli.edit", // descriptions of shared options, for edits
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footer = {
            "",
            "Pictures: JPEG, PNG, GIF or BMP of any size. They are turned grey or given three",
            "channels, cut to the model's proportions around the middle and resized, as it needs.",
            "Example: cm4j edit inpaint models/digits.safetensors 7.png --rect 0,14,28,14 -o 7b.png",
        },
        subcommands = {
            InpaintCommand.class,
            ColouriseCommand.class,
            UpscaleCommand.class,
            DenoiseCommand.class,
            StrokeCommand.class,
            InterpolateCommand.class,
            VariationsCommand.class,
            EditEvaluateCommand.class,
        })
final class EditCommand implements Runnable {

    @Spec private CommandSpec spec;

    /** Asks for a command where none is given. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no kind of edit given");
    }
}
