package dev.cm4j.cli;

import dev.cm4j.preset.NearestName;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * A first word that is no command.
 *
 * @param word as typed
 * @param command where it was typed, whose commands it is none of
 */
record UnknownCommand(String word, CommandLine command) {

    /** Finds it in a complaint about words. */
    static Optional<UnknownCommand> in(ParameterException complaint) {
        if (!(complaint instanceof UnmatchedArgumentException unmatched)
                || unmatched.getUnmatched().isEmpty()) {
            return Optional.empty();
        }
        CommandLine command = complaint.getCommandLine();
        String word = unmatched.getUnmatched().getFirst();
        boolean wanted =
                !command.getSubcommands().isEmpty()
                        && command.getCommandSpec().positionalParameters().isEmpty();
        return wanted && !word.startsWith("-")
                ? Optional.of(new UnknownCommand(word, command))
                : Optional.empty();
    }

    /** Says so, with the command that was probably meant. */
    String sentence() {
        List<String> names =
                command.getSubcommands().values().stream()
                        .filter(sub -> !sub.getCommandSpec().usageMessage().hidden())
                        .map(CommandLine::getCommandName)
                        .distinct() // aliases share a name
                        .toList();
        return "no command '" + word + "'" + NearestName.hint(word, names);
    }
}
