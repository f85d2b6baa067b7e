package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** As few threads as make progress, and never none. */
class HandlerThreadsTests {

    private final AtomicInteger threads = new AtomicInteger();
    private final AtomicInteger alive = new AtomicInteger();
    private final Executor starting = work -> {
        threads.incrementAndGet();
        alive.incrementAndGet();
        Thread thread = new Thread(() -> {
            work.run();
            alive.decrementAndGet();
        });
        thread.setDaemon(true);
        thread.start();
    };

    @Test
    void oneThreadRunsTasksInTheirOrder() {
        HandlerThreads handlers = new HandlerThreads(starting, 1);
        Queue<Integer> ran = new ConcurrentLinkedQueue<>();

        for (int i = 0; i < 10_000; i++) {
            int task = i;
            handlers.execute(() -> ran.add(task));
        }

        awaitThat(() -> ran.size() == 10_000);
        assertThat(ran)
                .containsExactlyElementsOf(IntStream.range(0, 10_000).boxed().toList());
        awaitThat(() -> alive.get() == 0);
    }

    @Test
    void aTaskThatThrowsCostsNoThread() {
        HandlerThreads handlers = new HandlerThreads(starting, 1);
        AtomicInteger ran = new AtomicInteger();

        for (int i = 0; i < 3; i++) {
            handlers.execute(() -> {
                throw new StackOverflowError("thrown on purpose");
            });
            handlers.execute(ran::incrementAndGet);
        }

        awaitThat(() -> ran.get() == 3 && alive.get() == 0);
    }

    @Test
    void threadsJoinWhileTasksBlockUpToTheLimitAndLeaveAfterwards() {
        HandlerThreads handlers = new HandlerThreads(starting, 5);
        CountDownLatch gate = new CountDownLatch(1);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();

        for (int i = 0; i < 20; i++) {
            handlers.execute(() -> {
                running.incrementAndGet();
                awaitUninterruptibly(gate);
                ended.incrementAndGet();
            });
        }

        awaitThat(() -> running.get() == 5);
        assertThat(threads).hasValue(5);
        gate.countDown();
        awaitThat(() -> ended.get() == 20 && alive.get() == 0);
        assertThat(threads).hasValue(5);
    }

    @Test
    void anInterruptOfOneTaskIsNotSeenByTheNext() {
        HandlerThreads handlers = new HandlerThreads(starting, 1);
        List<AtomicBoolean> interrupted = List.of(new AtomicBoolean(true), new AtomicBoolean(true));
        AtomicInteger ended = new AtomicInteger();

        for (AtomicBoolean seen : interrupted) {
            handlers.execute(() -> {
                seen.set(Thread.currentThread().isInterrupted());
                Thread.currentThread().interrupt();
                ended.incrementAndGet();
            });
        }

        awaitThat(() -> ended.get() == 2);
        assertThat(interrupted).allSatisfy(seen -> assertThat(seen).isFalse());
    }

    @Test
    void tasksRunOnceAThreadCanBeStartedAgain() {
        AtomicInteger refusals = new AtomicInteger(3);
        HandlerThreads handlers = new HandlerThreads(
                work -> {
                    if (refusals.getAndDecrement() > 0) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    starting.execute(work);
                },
                4);
        AtomicInteger ran = new AtomicInteger();

        handlers.execute(ran::incrementAndGet);

        awaitThat(() -> ran.get() == 1);
    }

    private static void awaitUninterruptibly(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
