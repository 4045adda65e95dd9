package dev.cm4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Trains a model of drawn digits for one step, converts it and makes a picture, so that a JVM that
 * archives what it loaded knows the classes of the common commands. The build runs it once behind
 * {@code tools/cm4j}; without it the archive would hold what the first command happened to need.
 */
@Command(
        name = "class-archive",
        hidden = true,
        description = "Load the classes of the common commands, for the archive of tools/cm4j.")
final class ClassArchiveCommand implements Callable<Integer> {

    // Without folding, which diffusers has not.
    private static final String TRAIN =
            "train --preset digits --steps 1 --set network.patch=1"
                    + " --set method.scalings.kind=boundary --set method.scalings.epsilon=0.002"
                    + " --set network.attention_resolutions=[14] --out";

    @Parameters(index = "0", paramLabel = "DIR", description = "Folder to work and clean up in.")
    private Path folder;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Files.createDirectories(folder);
        Path work = Files.createTempDirectory(folder, "class-archive");
        try {
            String run = work.resolve("run").toString();
            String pipeline = work.resolve("pipeline").toString();
            String picture = work.resolve("picture.png").toString();
            List<String[]> commands =
                    List.of(
                            words(TRAIN, run),
                            words("convert --to diffusers", run + "/model.safetensors", pipeline),
                            words("sample --num 1 --steps 1 --out", picture, pipeline));
            for (String[] command : commands) {
                StringWriter said = new StringWriter();
                PrintWriter out = new PrintWriter(said);
                int code = Main.run(command, out, out);
                if (code != Main.DONE) {
                    spec.commandLine().getErr().print(said);
                    return code;
                }
            }
        } finally {
            delete(work);
        }
        return Main.DONE;
    }

    private static String[] words(String line, String... paths) {
        return Stream.concat(Stream.of(line.split(" ")), Stream.of(paths)).toArray(String[]::new);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
