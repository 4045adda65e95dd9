package dev.cm4j;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.edit.Mask;
import dev.cm4j.image.Picture;
import dev.cm4j.sample.SampleListener;
import dev.cm4j.sample.Sampler;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.TensorMemory;
import dev.cm4j.testing.NoLeaks;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Many callers, callers that change their minds, and results that leave their thread. */
@ExtendWith(NoLeaks.class)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PipelineThreadsTest {
    private static final int CALLERS = 40;
    private static final int ROUNDS = 6;
    private static final Request ONE = Request.of(1).withSteps(1);

    @TempDir Path folder;
    private ConsistencyPipeline model;

    @BeforeEach
    void open() {
        var exact = OpenOptions.standard().withDtype(DType.F32);
        Path file = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        model = ConsistencyPipeline.open(file, exact);
    }

    @AfterEach
    void close() {
        model.close();
    }

    @Test
    void platform_threads_get_what_one_thread_gets() throws Exception {
        try (var callers = Executors.newFixedThreadPool(CALLERS)) {
            everyCallerGetsItsOwn(callers);
        }
    }

    @Test
    void virtual_threads_get_what_one_thread_gets() throws Exception {
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            everyCallerGetsItsOwn(callers);
        }
    }

    /** The memory of many callers is that of one, but for the pictures they hold. */
    private void everyCallerGetsItsOwn(ExecutorService callers) throws Exception {
        List<List<?>> alone = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            alone.add(model.generate(request(i)).list());
        }
        NativeMemory.resetPeak();
        model.generate(request(0));
        long one = NativeMemory.peak();
        NativeMemory.resetPeak();
        List<Future<Pictures>> together = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            Request request = request(i);
            together.add(callers.submit(() -> model.generate(request)));
        }
        for (int i = 0; i < CALLERS; i++) {
            assertEquals(alone.get(i), together.get(i).get().list(), "caller " + i);
        }
        assertTrue(
                NativeMemory.peak() <= one, NativeMemory.peak() + " bytes, one takes only " + one);
    }

    @Test
    void edits_take_turns_with_requests_on_either_kind_of_thread() throws Exception {
        var seven = new Picture(1, 28, 28, new byte[28 * 28]);
        Mask hole = Mask.rectangle(28, 28, 0, 14, 28, 14);
        EditRequest request = EditRequest.standard().withLabel(3);
        List<Callable<Object>> works =
                List.of(
                        () -> model.generate(request(1)).list(),
                        () -> model.editor().inpaint(List.of(seven), List.of(hole), request),
                        () -> model.editor().variations(seven, .5, 2, request),
                        () -> model.editor().noisy(List.of(seven), .3, 5),
                        () -> frames(new Interpolation(1, 2, 3, 4, 3, 2)));
        eachGetsItsOwn(works);
    }

    private List<Picture> frames(Interpolation way) {
        Sampler sampler = model.generator().sampler(ONE);
        return way.of(model, sampler, SampleListener.NONE).list();
    }

    @Test
    void guided_requests_take_turns_with_both_models() throws Exception {
        Path file = TinyModel.write(folder.resolve("weak.safetensors"), 10);
        try (var weak = ConsistencyPipeline.open(file);
                var one = GuidedPipeline.auto(model, weak, 2);
                var other = GuidedPipeline.auto(weak, model, 3);
                var embedded = GuidedPipeline.embedding(model, 2)) {
            eachGetsItsOwn(
                    List.of(
                            () -> model.generate(request(1)).list(),
                            () -> weak.generate(request(2)).list(),
                            () -> one.generator().generate(request(3)).list(),
                            () -> other.generator().generate(request(4)).list(),
                            () -> embedded.generator().generate(request(5)).list()));
        }
    }

    private static void eachGetsItsOwn(List<Callable<Object>> works) throws Exception {
        List<Object> alone = new ArrayList<>();
        for (Callable<Object> work : works) {
            alone.add(work.call());
        }
        for (ExecutorService callers :
                List.of(
                        Executors.newCachedThreadPool(),
                        Executors.newVirtualThreadPerTaskExecutor())) {
            List<Future<Object>> together = new ArrayList<>();
            try (callers) {
                for (int i = 0; i < ROUNDS * works.size(); i++) {
                    together.add(callers.submit(works.get(i % works.size())));
                }
            }
            for (int i = 0; i < together.size(); i++) {
                assertEquals(alone.get(i % works.size()), together.get(i).get(), "work " + i);
            }
        }
    }

    private static Request request(int i) {
        return Request.of(2).withSteps(2).withSeed(i).withLabels(i % 10);
    }

    @Test
    void a_virtual_thread_may_open_a_model_too() throws Exception {
        Path file = folder.resolve("tiny.safetensors");
        var task =
                new FutureTask<>(() -> {
                    try (var own = ConsistencyPipeline.open(file)) {
                        return own.generate(ONE).count();
                    }
                });
        Thread.ofVirtual().start(task);
        assertEquals(1, task.get());
    }

    @Test
    void a_tensor_needs_a_platform_thread_and_says_so() throws Exception {
        var task =
                new FutureTask<>(
                        () -> assertThrows(IllegalStateException.class, () -> model.tensor(ONE)));
        Thread.ofVirtual().start(task);
        assertTrue(task.get().getMessage().contains("ask for memory(request)"));
    }

    @Test
    void memory_is_read_and_closed_on_other_threads() throws Exception {
        float[] expected = floats(model.memory(ONE.withSeed(3)));
        var task = new FutureTask<>(() -> model.memory(ONE.withSeed(3)));
        Thread.ofVirtual().start(task);
        TensorMemory there = task.get();
        assertArrayEquals(new long[] {1, 1, 28, 28}, there.shape());
        assertEquals(DType.F32, there.dtype());
        MemorySegment segment = there.segment();
        assertArrayEquals(expected, floats(there));
        assertThrows(IllegalStateException.class, () -> segment.get(JAVA_FLOAT, 0));
    }

    private static float[] floats(TensorMemory memory) {
        try (memory) {
            return memory.segment().toArray(JAVA_FLOAT);
        }
    }

    @Test
    void cancelling_ends_the_work_after_the_step_in_hand() {
        var cancellation = new Cancellation();
        List<Integer> steps = new ArrayList<>();
        Request request =
                Request.of(4)
                        .withBatch(2)
                        .withNumInferenceSteps(3)
                        .withCancellation(cancellation)
                        .withCallbackOnStepEnd(end -> {
                            steps.add(end.step());
                            if (end.step() == 1) {
                                cancellation.cancel();
                            }
                        });
        assertThrows(CancellationException.class, () -> model.generate(request));
        assertEquals(List.of(0, 1), steps);
        assertThrows(CancellationException.class, () -> model.generate(request));
        assertEquals(List.of(0, 1), steps);
        assertEquals(1, model.generate(ONE).count());
    }

    @Test
    void an_interrupt_ends_the_work_on_either_kind_of_thread() throws Exception {
        for (Thread.Builder kind : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
            var working = new CountDownLatch(1);
            Request endless =
                    ONE.withNumInferenceSteps(39)
                            .withCallbackOnStepEnd(_ -> {
                                working.countDown();
                                pause();
                            });
            var task =
                    new FutureTask<>(() -> {
                        assertThrows(CancellationException.class, () -> model.generate(endless));
                        return Thread.currentThread().isInterrupted();
                    });
            Thread caller = kind.start(task);
            assertTrue(working.await(1, TimeUnit.MINUTES));
            caller.interrupt();
            assertTrue(task.get(), "the thread is no longer interrupted");
            assertEquals(1, model.generate(ONE).count());
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void who_waits_can_be_cancelled_and_closing_waits_for_who_works() throws Exception {
        var working = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        Request slow =
                ONE.withCallbackOnStepEnd(_ -> {
                    working.countDown();
                    awaitUnbroken(goOn);
                });
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Pictures> first = callers.submit(() -> model.generate(slow));
            assertTrue(working.await(1, TimeUnit.MINUTES));

            var cancellation = new Cancellation();
            Future<Pictures> second =
                    callers.submit(() -> model.generate(ONE.withCancellation(cancellation)));
            cancellation.cancel();
            assertInstanceOf(CancellationException.class, failure(second));

            Future<Pictures> third = callers.submit(() -> model.generate(ONE));
            Future<?> closing = callers.submit(model::close);
            assertInstanceOf(IllegalStateException.class, failure(third));
            assertFalse(closing.isDone(), "closed while a request was worked on");
            goOn.countDown();
            assertEquals(1, first.get().count());
            closing.get();
        }
        var error = assertThrows(IllegalStateException.class, () -> model.generate(ONE));
        assertEquals("this pipeline is closed", error.getMessage());
    }

    private static void awaitUnbroken(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Throwable failure(Future<?> future) {
        return assertThrows(ExecutionException.class, future::get).getCause();
    }

    @Test
    void a_callback_cannot_come_back() {
        Request greedy = ONE.withCallbackOnStepEnd(_ -> model.generate(ONE));
        assertThrows(IllegalStateException.class, () -> model.generate(greedy));
        Request closing = ONE.withCallbackOnStepEnd(_ -> model.close());
        assertThrows(IllegalStateException.class, () -> model.generate(closing));
        assertEquals(1, model.generate(ONE).count());
    }
}
