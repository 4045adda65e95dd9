package dev.cm4j.cli;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Options that say nothing in a combination: they are refused, not ignored. */
final class IdleOptions {

    private IdleOptions() {}

    /**
     * An option and what gives it a meaning.
     *
     * @param option its name
     * @param needs another option, without which it says nothing
     */
    record Need(String option, String needs) {}

    /**
     * Refuses options without what they need.
     *
     * @param spec the command
     * @param table needs; a command may lack some of the options
     * @throws ParameterException naming the first
     */
    static void check(CommandSpec spec, List<Need> table) {
        for (Need need : table) {
            if (isGiven(spec, need.option()) && !isGiven(spec, need.needs())) {
                throw new ParameterException(
                        spec.commandLine(),
                        need.option() + " has no effect without " + need.needs());
            }
        }
    }

    /**
     * Refuses options where none of them says anything.
     *
     * @param spec the command
     * @param where what makes them idle, such as {@code with --interpolate}
     * @param options their names
     * @throws ParameterException naming the first
     */
    static void refuse(CommandSpec spec, String where, List<String> options) {
        for (String option : options) {
            if (isGiven(spec, option)) {
                throw new ParameterException(
                        spec.commandLine(), option + " has no effect " + where);
            }
        }
    }

    /** Whether an option stands on the command line. */
    static boolean isGiven(CommandSpec spec, String option) {
        return spec.commandLine().getParseResult().hasMatchedOption(option);
    }
}
