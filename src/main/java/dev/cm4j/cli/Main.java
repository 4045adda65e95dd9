package dev.cm4j.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntSupplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command {@code cm4j}: words in, an exit code out. */
@Command(
        name = "cm4j",
        description = "Consistency models: train them, sample from them, measure them.",
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footer = {
            "",
            "Start with: cm4j doctor, then cm4j train --preset digits",
            "Exit codes: 0 done, 1 failed, 2 misused, 130 interrupted.",
        },
        subcommands = {
            TrainCommand.class,
            ReportCommand.class,
            EmaCommand.class,
            SampleCommand.class,
            EditCommand.class,
            EvaluateCommand.class,
            CompareCommand.class,
            SearchSigmasCommand.class,
            InfoCommand.class,
            ConvertCommand.class,
            DoctorCommand.class,
            CompletionCommand.class,
            ClassArchiveCommand.class,
            BenchWorkerCommand.class,
            BenchPipelineCommand.class,
            DeviceBenchCommand.class,
            MetricsBenchCommand.class,
        })
public final class Main implements Runnable {

    /** The command did what it was asked to do. */
    static final int DONE = 0;

    /** The command could not do it; one sentence says why. */
    static final int FAILED = 1;

    /** The words make no command; one sentence says why. */
    static final int MISUSED = 2;

    /** Ctrl-C or a termination signal ended it; what was reached is saved. */
    static final int INTERRUPTED = 130;

    private static final int WIDTH = 88;
    private static final int OPTION_WIDTH = 28;

    @Spec private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help and exit.")
    @SuppressWarnings("unused") // read by picocli
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version and exit.")
    @SuppressWarnings("unused") // read by picocli
    private boolean version;

    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Show where an error came from.")
    private boolean verbose;

    private final boolean terminal;

    private Main(boolean terminal) {
        this.terminal = terminal;
    }

    /** Whether a command may show a moving bar. */
    static boolean terminal(CommandSpec spec) {
        return of(spec.commandLine()).terminal;
    }

    /** Asks for a command where none is given. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command given");
    }

    /**
     * Runs one command and ends the process on anything but success.
     *
     * @param args the words after the program's name
     */
    @SuppressWarnings("SystemConsoleNull") // JDK 25 answers null again without a terminal
    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT); // numbers read alike everywhere, by people and programs
        if (System.getProperty("java.awt.headless") == null) {
            System.setProperty("java.awt.headless", "true"); // plots are drawn into files alone
        }
        Console console = System.console();
        int code =
                run(
                        args,
                        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                        console != null && console.isTerminal());
        if (code != DONE) {
            System.exit(code);
        }
    }

    /**
     * Runs one command.
     *
     * @param args the words after the program's name
     * @param out takes what was asked for
     * @param err takes progress, warnings and errors
     * @return 0 done, 1 failed, 2 misused, 130 interrupted
     */
    public static int run(String[] args, PrintWriter out, PrintWriter err) {
        return run(args, out, err, false);
    }

    private static int run(String[] args, PrintWriter out, PrintWriter err, boolean terminal) {
        CommandLine command =
                commandLine(terminal)
                        .setOut(out)
                        .setErr(err)
                        .setParameterExceptionHandler(Main::misused)
                        .setExecutionExceptionHandler(Main::failed);
        int code = orFailed(() -> command.execute(args), err);
        out.flush();
        err.flush();
        return code;
    }

    /**
     * A heap that is exhausted is no exception, which alone are handled; it is said all the same.
     */
    static int orFailed(IntSupplier command, PrintWriter err) {
        try {
            return command.getAsInt();
        } catch (OutOfMemoryError e) {
            err.println("cm4j: " + Sentence.of(e));
            return FAILED;
        }
    }

    /**
     * The commands and their options, unbound to any output.
     *
     * @param terminal whether a moving bar can be shown
     */
    static CommandLine commandLine(boolean terminal) {
        CommandLine commands =
                new CommandLine(new Main(terminal))
                        .setCaseInsensitiveEnumValuesAllowed(true)
                        .registerConverter(Path.class, Main::path)
                        .setUsageHelpWidth(WIDTH)
                        .setUsageHelpLongOptionsMaxWidth(OPTION_WIDTH)
                        .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
        inOrder(commands);
        return commands;
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException(Sentence.ofPath(e));
        }
    }

    /** Help lists options as they are declared, for this command and all below. */
    private static void inOrder(CommandLine command) {
        command.getCommandSpec().usageMessage().sortOptions(false).abbreviateSynopsis(true);
        command.getSubcommands().values().forEach(Main::inOrder);
    }

    private static int misused(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        Optional<UnknownCommand> unknown = UnknownCommand.in(e);
        if (unknown.isPresent()) {
            err.println("cm4j: " + unknown.get().sentence());
        } else {
            err.println("cm4j: " + e.getMessage());
            if (CommandLine.UnmatchedArgumentException.printSuggestions(e, err)) {
                return MISUSED;
            }
        }
        err.println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
        return MISUSED;
    }

    private static int failed(Exception e, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        if (of(command).verbose) {
            e.printStackTrace(err);
        }
        err.println("cm4j: " + Sentence.of(e));
        return FAILED;
    }

    private static Main of(CommandLine command) {
        CommandLine top = command;
        while (top.getParent() != null) {
            top = top.getParent();
        }
        return top.getCommand();
    }

    /** The first line of {@code --version} names this program; {@code doctor} says the rest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"cm4j " + dev.cm4j.Cm4j.VERSION};
        }
    }
}
