package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

class GathererTests {

    private final List<List<Integer>> flushed = new CopyOnWriteArrayList<>();
    private final List<Sinks.Empty<Void>> underWay = new CopyOnWriteArrayList<>();

    @Test
    void aLoneItemIsFlushedAtOnceAndAlone() {
        Gatherer<Integer> gatherer = held(1, 10, 100);

        gatherer.submit(1);

        assertThat(flushed).containsExactly(List.of(1));
    }

    @Test
    void whatIsSubmittedDuringAFlushIsTheNextBatchInOrder() {
        Gatherer<Integer> gatherer = held(1, 10, 100);

        IntStream.rangeClosed(1, 4).forEach(gatherer::submit);
        assertThat(flushed).containsExactly(List.of(1));
        end(0);

        assertThat(flushed).containsExactly(List.of(1), List.of(2, 3, 4));
        assertThat(gatherer.pending()).isEqualTo(3);
        end(1);
        assertThat(gatherer.pending()).isZero();
    }

    @Test
    void aFlushThatHasEndedIsNotPendingWhenTheNextOneBegins() {
        Sinks.Empty<Void> first = Sinks.empty();
        List<Integer> pending = new ArrayList<>();
        AtomicReference<Gatherer<Integer>> gatherer = new AtomicReference<>();
        gatherer.set(new Gatherer<>(
                1,
                batch -> {
                    pending.add(gatherer.get().pending());
                    return batch.contains(1) ? first.asMono() : Mono.empty();
                },
                item -> 1,
                10,
                100));

        gatherer.get().submit(1);
        gatherer.get().submit(2);
        first.tryEmitEmpty();

        assertThat(pending).containsExactly(1, 1);
    }

    @Test
    void aBatchHasNoMoreThanItsNumberOfItems() {
        Gatherer<Integer> gatherer = held(1, 2, 100);

        IntStream.rangeClosed(1, 6).forEach(gatherer::submit);
        end(0);
        end(1);

        assertThat(flushed).containsExactly(List.of(1), List.of(2, 3), List.of(4, 5));
    }

    @Test
    void aBatchEndsWithTheItemThatReachesItsWeight() {
        Gatherer<Integer> gatherer = held(1, 10, 5);

        List.of(1, 2, 3, 4, 100, 1).forEach(gatherer::submit);
        end(0);
        end(1);
        end(2);

        assertThat(flushed).containsExactly(List.of(1), List.of(2, 3), List.of(4, 100), List.of(1));
    }

    @Test
    void twoLanesFlushTwoBatchesAtOnceAndNoThird() {
        Gatherer<Integer> gatherer = held(2, 10, 100);

        IntStream.rangeClosed(1, 4).forEach(gatherer::submit);

        assertThat(flushed).containsExactly(List.of(1), List.of(2));
        end(1);
        assertThat(flushed).containsExactly(List.of(1), List.of(2), List.of(3, 4));
    }

    @Test
    void everyItemOfManyThreadsIsFlushedOnceAndThoseOfOneThreadInOrder() throws InterruptedException {
        List<Integer> all = flushedOfManyThreads(1);

        assertThat(all).hasSize(80_000).doesNotHaveDuplicates();
        for (int thread = 0; thread < 8; thread++) {
            int of = thread;
            assertThat(all.stream().filter(item -> item / 10_000 == of).toList())
                    .isSorted();
        }
    }

    @Test
    void everyItemOfManyThreadsIsFlushedOnceByTwoLanes() throws InterruptedException {
        assertThat(flushedOfManyThreads(2)).hasSize(80_000).doesNotHaveDuplicates();
    }

    private static List<Integer> flushedOfManyThreads(int lanes) throws InterruptedException {
        ConcurrentLinkedQueue<Integer> all = new ConcurrentLinkedQueue<>();
        Gatherer<Integer> gatherer = new Gatherer<>(
                lanes,
                batch -> Mono.<Void>fromRunnable(() -> all.addAll(batch)).subscribeOn(Schedulers.parallel()),
                item -> 1,
                100,
                100);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        for (int thread = 0; thread < 8; thread++) {
            int first = thread * 10_000;
            threads.execute(() -> IntStream.range(first, first + 10_000).forEach(gatherer::submit));
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        awaitThat(() -> gatherer.pending() == 0);
        return List.copyOf(all);
    }

    /** Flushes that last until the test ends them. */
    private Gatherer<Integer> held(int lanes, int mostItems, int mostWeight) {
        return new Gatherer<>(lanes, this::hold, item -> item, mostItems, mostWeight);
    }

    private Mono<Void> hold(List<Integer> batch) {
        Sinks.Empty<Void> end = Sinks.empty();
        flushed.add(new ArrayList<>(batch));
        underWay.add(end);
        return end.asMono();
    }

    private void end(int flush) {
        underWay.get(flush).tryEmitEmpty();
    }
}
