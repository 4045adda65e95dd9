package dev.cm4j.cli;

import dev.cm4j.image.Grid;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PixelRange;
import dev.cm4j.sample.SampleListener;
import dev.cm4j.sample.SampleStep;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Follows the sampling: shows how far it is, ends it on request, and keeps what the first pictures
 * looked like after each step.
 */
final class SampleWatch implements SampleListener {

    private static final int ROWS = 8;

    private final AtomicBoolean stopped = new AtomicBoolean();
    private final ProgressLine progress;
    private final boolean tracing;
    private final List<List<Picture>> strip = new ArrayList<>(); // step by step
    private long done;

    /**
     * @param progress where to show it
     * @param tracing whether to keep the pictures of each step
     */
    SampleWatch(ProgressLine progress, boolean tracing) {
        this.progress = progress;
        this.tracing = tracing;
    }

    /** Asks the sampling to end after its step; from any thread. */
    void stop() {
        stopped.set(true);
    }

    @Override
    public boolean finished(SampleStep step) {
        progress.at(done, "step " + step.step() + "/" + step.steps());
        if (tracing && done == 0) {
            int rows = (int) Math.min(ROWS, step.denoised().size(0));
            List<Picture> now =
                    Grid.pictures(
                            PixelRange.OPENAI.toBytes(
                                    step.denoised().narrow(0, 0, rows).clamp(-1, 1)));
            if (!strip.isEmpty() && strip.getFirst().size() != rows) {
                strip.clear(); // the batch was halved and begins again
            }
            strip.add(now);
        }
        return !stopped.get();
    }

    /** Hears that so many pictures are finished. */
    void pictures(long count) {
        done = count;
        progress.at(count, "");
    }

    /** The first pictures from left to right: the estimate of each step. One row a picture. */
    Picture strip() {
        List<Picture> cells = new ArrayList<>();
        for (int row = 0; row < strip.getFirst().size(); row++) {
            for (List<Picture> step : strip) {
                cells.add(step.get(row));
            }
        }
        return Grid.of(cells, strip.size());
    }
}
