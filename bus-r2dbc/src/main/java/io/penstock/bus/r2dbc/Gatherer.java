package io.penstock.bus.r2dbc;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/**
 * Group commit: while a flush is under way the next batch gathers, so a lone item waits for nobody and a thousand share
 * one round trip. No timer, no added latency.
 */
final class Gatherer<T> {

    private final ArrayDeque<T> queue = new ArrayDeque<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final List<Loop> lanes;
    private final Function<List<T>, Mono<Void>> flush;
    private final ToIntFunction<T> weight;
    private final int mostItems;
    private final int mostWeight;

    /** With this many flushes under way at once, each of at most that many items and (but for its first) that weight. */
    Gatherer(int lanes, Function<List<T>, Mono<Void>> flush, ToIntFunction<T> weight, int mostItems, int mostWeight) {
        this.flush = flush;
        this.weight = weight;
        this.mostItems = mostItems;
        this.mostWeight = mostWeight;
        // A flush deals with its own errors, so there is nothing left to report here.
        this.lanes = Stream.generate(() -> new Loop(this::flushNext, error -> {}))
                .limit(lanes)
                .toList();
    }

    void submit(T item) {
        pending.incrementAndGet();
        add(item);
        lanes.forEach(Loop::signal);
    }

    /** Items whose flush has not completed yet. */
    int pending() {
        return pending.get();
    }

    private Mono<Void> flushNext() {
        List<T> batch = take();
        // Before the next one begins, which asks what is pending.
        return batch.isEmpty() ? Mono.empty() : flush.apply(batch).doOnTerminate(() -> flushed(batch.size()));
    }

    private void flushed(int items) {
        if (pending.addAndGet(-items) > 0) {
            lanes.forEach(Loop::signal);
        }
    }

    private synchronized void add(T item) {
        queue.add(item);
    }

    private synchronized List<T> take() {
        List<T> batch = new ArrayList<>();
        int taken = 0;
        while (batch.size() < mostItems && taken < mostWeight) {
            T item = queue.poll();
            if (item == null) {
                break;
            }
            taken += weight.applyAsInt(item);
            batch.add(item);
        }
        return batch;
    }
}
