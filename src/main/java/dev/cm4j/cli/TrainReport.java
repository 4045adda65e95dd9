package dev.cm4j.cli;

import dev.cm4j.data.Dataset;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.Threads;
import dev.cm4j.train.CheckpointFolder;
import dev.cm4j.train.MemoryPlan;
import dev.cm4j.train.Run;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.StopReason;
import dev.cm4j.train.TrainState;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What a training says of itself before its first step and after its last.
 *
 * @param out takes what was asked for
 * @param err takes progress
 */
record TrainReport(PrintWriter out, PrintWriter err) {

    /** What is learnt from what, and where. */
    void begins(Run run, Preset preset, Dataset dataset) {
        err.printf(
                Locale.ROOT,
                "%s: %,d images of %dx%dx%d, %s, %s, %d %s%n",
                preset.name(),
                dataset.size(),
                dataset.channels(),
                dataset.height(),
                dataset.width(),
                run.budget().text(),
                run.precision().name().toLowerCase(Locale.ROOT),
                Threads.get(),
                Threads.get() == 1 ? "thread" : "threads");
        err.println("run folder " + run.folder());
        err.flush();
    }

    /** How batches are taken where memory is short. */
    void memory(MemoryPlan taken) {
        if (taken.parts() > 1 || taken.checkpointing()) {
            err.printf(
                    Locale.ROOT,
                    "steps of %d images in %d parts of %d%s, to stay within memory%n",
                    taken.batchSize(),
                    taken.parts(),
                    taken.microBatch(),
                    taken.checkpointing() ? ", recomputing blocks" : "");
            err.flush();
        }
    }

    /** How the training of a teacher ended. */
    void lesson(Run run, TrainState state, StopReason reason) {
        boolean finished = reason == StopReason.FINISHED;
        err.printf(
                Locale.ROOT,
                "teacher %s after %,d steps, %s%n",
                finished ? "finished" : "interrupted",
                state.step(),
                ProgressLine.clock(Math.round(state.counters().seconds())));
        if (!finished) {
            err.println(
                    NextStep.of("train", "--resume", "--out", run.folder().getParent().toString()));
        }
        err.flush();
    }

    /** How a training ended and what it left. */
    void ended(Run run, TrainState state, StopReason reason) {
        boolean finished = reason == StopReason.FINISHED;
        Path folder = run.folder();
        out.printf(
                Locale.ROOT,
                "%s after %,d steps, %,d images, %s%n",
                finished ? "finished" : "interrupted",
                state.step(),
                state.imagesSeen(),
                ProgressLine.clock(Math.round(state.counters().seconds())));
        out.println("model      " + RunFolder.model(folder));
        if (finished) {
            out.println("picture    " + PreviewListener.newest(folder));
        }
        if (Files.exists(RunFolder.best(folder, 1))) {
            out.println("best       " + RunFolder.best(folder, 1));
        }
        if (Files.exists(RunFolder.report(folder))) {
            out.println("report     " + RunFolder.report(folder));
        }
        out.println("checkpoint " + folder.resolve(CheckpointFolder.name(state.step())));
        out.println("logs       " + RunFolder.metrics(folder) + ", " + RunFolder.events(folder));
        out.println();
        out.println(
                finished
                        ? NextStep.of("sample", RunFolder.model(folder).toString())
                        : NextStep.of("train", "--resume", "--out", folder.toString()));
        out.flush();
    }
}
