package io.penstock.bus.r2dbc;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * Runs one consumer's handlers on as few threads as make progress: on one, while handlers return at once; another joins
 * whenever tasks wait and none has ended for a while, up to a limit. So a handler that does not block costs no thread
 * switch among many, and one that does holds up nobody but, briefly, its own consumer.
 *
 * <p>Design note: a fixed pool would either be as large as the concurrency and pay for it with every event, or be
 * exhausted by handlers that block. Go's runtime watches blocked threads in the same way ({@code sysmon}).
 */
final class HandlerThreads extends AbstractExecutorService {

    private static final long WATCH_EVERY_MILLIS = 10;

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger workers = new AtomicInteger();
    private final AtomicLong ended = new AtomicLong();
    private final AtomicBoolean watching = new AtomicBoolean();
    private final Executor threads;
    private final int most;
    private volatile boolean shutdown;
    private long endedBefore;

    HandlerThreads(Executor threads, int most) {
        this.threads = threads;
        this.most = most;
    }

    /** The scheduler of these threads; disposing of a task interrupts the thread that runs it. */
    Scheduler scheduler() {
        return Schedulers.fromExecutorService(this, "penstock-handlers");
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (workers.get() == 0 && workers.compareAndSet(0, 1)) {
            begin();
        }
    }

    /** There may be no further thread: then the tasks wait, and the next one, or the watch, tries again. */
    private void begin() {
        try {
            threads.execute(this::work);
        } catch (Throwable none) {
            workers.decrementAndGet();
            watch();
        }
    }

    private void work() {
        do {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                watch();
                run(task);
            }
            workers.decrementAndGet();
        } while (!tasks.isEmpty() && workers.get() == 0 && workers.compareAndSet(0, 1));
    }

    private void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable thrown) {
            // A worker that dies of it would count as one that blocks, for ever.
            Operators.onErrorDropped(thrown, Context.empty());
        } finally {
            // An interrupt meant for a task that has just ended must not hit the next one.
            Thread.interrupted();
            ended.incrementAndGet();
        }
    }

    private void watch() {
        if (!watching.get() && watching.compareAndSet(false, true)) {
            endedBefore = ended.get();
            watchAgain();
        }
    }

    /** A worker that began just before the watch ended has not set it up again. */
    private void watchIfBusy() {
        if (workers.get() > 0) {
            watch();
        }
    }

    private void watchAgain() {
        Schedulers.parallel().schedule(this::look, WATCH_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void look() {
        long endedNow = ended.get();
        int running = workers.get();
        boolean waiting = !shutdown && !tasks.isEmpty();
        if (endedNow == endedBefore && waiting) {
            join(Math.min(Math.max(1, running), most - running));
        }
        endedBefore = endedNow;
        if (running > 0 || waiting) {
            watchAgain();
        } else {
            watching.set(false);
            watchIfBusy();
        }
    }

    private void join(int more) {
        for (int i = 0; i < more; i++) {
            workers.incrementAndGet();
            begin();
        }
    }

    @Override
    public void shutdown() {
        shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        List<Runnable> left = List.copyOf(tasks);
        tasks.clear();
        return left;
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown && workers.get() == 0;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return isTerminated();
    }
}
