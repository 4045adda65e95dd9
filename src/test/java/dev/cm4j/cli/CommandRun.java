package dev.cm4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * One command run in this process.
 *
 * @param exit its exit code
 * @param out what it wrote to the standard output, line ends as \n
 * @param err what it wrote to the standard error, line ends as \n
 */
record CommandRun(int exit, String out, String err) {

    static CommandRun of(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = Main.run(args, new PrintWriter(out), new PrintWriter(err));
        return new CommandRun(exit, text(out), text(err));
    }

    private static String text(StringWriter writer) {
        return writer.toString().replace(System.lineSeparator(), "\n");
    }
}
