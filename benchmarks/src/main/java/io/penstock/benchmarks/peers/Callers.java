package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.OpenLoop;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Threads that call a blocking API at once. Used by one thread. */
final class Callers implements AutoCloseable {

    private final int threads;
    private final ExecutorService executor;
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    Callers(int threads) {
        this.threads = threads;
        this.executor = Executors.newFixedThreadPool(threads);
    }

    /** Calls with each number below the count, every thread with one at a time; throws the first failure. */
    void forEach(int count, IntConsumer call) throws InterruptedException {
        AtomicInteger next = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(threads);
        for (int i = 0; i < threads; i++) {
            begin(ended, () -> {
                for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
                    call.accept(number);
                }
            });
        }
        await(ended);
    }

    /** Calls with each number below the count when it is due, whatever became of the calls before. */
    void forEachDue(OpenLoop loop, int count, IntConsumer call) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(count);
        loop.start();
        for (int i = 0; i < count; i++) {
            int number = i;
            loop.awaitDue(number);
            begin(ended, () -> call.accept(number));
        }
        await(ended);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }

    private void begin(CountDownLatch ended, Runnable call) {
        executor.execute(() -> {
            try {
                call.run();
            } catch (RuntimeException e) {
                failure.compareAndSet(null, e);
            } finally {
                ended.countDown();
            }
        });
    }

    private void await(CountDownLatch ended) throws InterruptedException {
        ended.await();
        RuntimeException first = failure.get();
        if (first != null) {
            throw first;
        }
    }
}
