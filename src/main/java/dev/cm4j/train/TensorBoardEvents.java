package dev.cm4j.train;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An event file that TensorBoard reads while it grows.
 *
 * <p>As a {@link StepListener} it writes the mean of every few steps as scalars; previews and
 * scores are added by whoever makes them. Everything written so far is on its way to the disk after
 * each call. Not thread-safe.
 */
public final class TensorBoardEvents implements StepListener, AutoCloseable {

    private static final AtomicInteger FILES = new AtomicInteger();

    private final Path file;
    private final OutputStream out;
    private final int every;
    private final List<StepRecord> pending = new ArrayList<>();

    private TensorBoardEvents(Path file, OutputStream out, int every) {
        this.file = file;
        this.out = out;
        this.every = every;
    }

    /**
     * A new event file; files of earlier sessions stay and are shown together with it.
     *
     * @param folder where event files lie, made where absent
     * @param every steps that make one point, positive
     * @throws UncheckedIOException if the folder cannot be written
     */
    public static TensorBoardEvents create(Path folder, int every) {
        if (every < 1) {
            throw new IllegalArgumentException("a point takes at least 1 step, got " + every);
        }
        String name =
                String.format(
                        Locale.ROOT,
                        "events.out.tfevents.%d.%s.%d.%d",
                        System.currentTimeMillis() / 1000,
                        host(),
                        ProcessHandle.current().pid(),
                        FILES.getAndIncrement());
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve(name);
            TensorBoardEvents events =
                    new TensorBoardEvents(
                            file, new BufferedOutputStream(Files.newOutputStream(file)), every);
            events.write(EventRecord.fileVersion(now()));
            return events;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write TensorBoard events in " + folder, e);
        }
    }

    /** The file written to. */
    public Path file() {
        return file;
    }

    public void scalar(String tag, long step, double value) {
        write(EventRecord.scalar(now(), step, tag, (float) value));
    }

    /** A text, rendered as Markdown. */
    public void text(String tag, long step, String markdown) {
        write(EventRecord.text(now(), step, tag, markdown));
    }

    /**
     * A picture.
     *
     * @param channels 1 for grey, 3 for RGB
     * @param png the encoded picture
     */
    public void image(String tag, long step, int height, int width, int channels, byte[] png) {
        write(EventRecord.image(now(), step, tag, height, width, channels, png));
    }

    @Override
    public void onStep(StepRecord step, TrainState state) {
        pending.add(step);
        if (step.step() % every == 0) {
            flush();
            WeightNorms norms = WeightNorms.of(state, step.learningRate());
            scalar("train/weight-norm", step.step(), norms.weights());
            if (!Double.isNaN(norms.update())) {
                scalar("train/update-norm", step.step(), norms.update());
            }
            AverageDrift.of(state)
                    .forEach((label, drift) -> scalar("drift/" + label, step.step(), drift));
        }
    }

    @Override
    public void onSkip(String where, TrainState state) {
        text("skipped", state.step(), "not finite: " + where);
    }

    @Override
    public void onEnd(TrainState state, StopReason reason) {
        flush();
    }

    private void flush() {
        if (pending.isEmpty()) {
            return;
        }
        StepRecord mean = StepRecord.mean(pending);
        pending.clear();
        long step = mean.step();
        scalar("loss/train", step, mean.loss());
        for (int q = 0; q < mean.lossByNoise().size(); q++) {
            scalar("loss/quarter-" + (q + 1), step, mean.lossByNoise().get(q));
        }
        if (!Double.isNaN(mean.gradientNorm())) {
            scalar("train/gradient-norm", step, mean.gradientNorm());
        }
        scalar("train/learning-rate", step, mean.learningRate());
        if (!Double.isNaN(mean.lossScale())) {
            scalar("train/loss-scale-log2", step, mean.lossScale());
        }
        scalar("train/scales", step, mean.scales());
        scalar("train/target-rate", step, mean.targetRate());
        scalar("train/skipped-steps", step, (double) mean.skippedSteps());
        scalar("speed/images-per-second", step, mean.imagesPerSecond());
        scalar("speed/images-seen", step, (double) mean.imagesSeen());
    }

    private void write(byte[] event) {
        try {
            out.write(EventRecord.framed(event));
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write TensorBoard events to " + file, e);
        }
    }

    @Override
    public void close() {
        flush();
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot finish " + file, e);
        }
    }

    private static double now() {
        return System.currentTimeMillis() / 1000.0;
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9-]", "-");
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
