package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

class LoopTests {

    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final AtomicInteger rounds = new AtomicInteger();

    @Test
    void aSignalMakesOneRound() {
        Loop loop = new Loop(() -> Mono.fromRunnable(rounds::incrementAndGet), failures::add);

        loop.signal();

        assertThat(rounds).hasValue(1);
    }

    @Test
    void aThousandSignalsDuringARoundMakeExactlyOneMore() {
        Sinks.Empty<Void> end = Sinks.empty();
        Loop loop = new Loop(() -> rounds.incrementAndGet() == 1 ? end.asMono() : Mono.empty(), failures::add);

        for (int i = 0; i < 1_000; i++) {
            loop.signal();
        }
        assertThat(rounds).hasValue(1);
        end.tryEmitEmpty();

        assertThat(rounds).hasValue(2);
    }

    @Test
    void aRoundThatSignalsItselfIsFollowedByAnotherWithoutGrowingTheStack() {
        Loop[] loop = new Loop[1];
        loop[0] = new Loop(() -> Mono.fromRunnable(() -> signalUntil(loop[0], 100_000)), failures::add);

        loop[0].signal();

        assertThat(rounds).hasValue(100_000);
        assertThat(failures).isEmpty();
    }

    /** A lost last signal leaves the rounds short of what was written before it. */
    @Test
    void sixtyFourThreadsWithAHundredThousandSignalsEachNeverRunTwoRoundsAtOnceNorLoseTheLastSignal()
            throws InterruptedException {
        AtomicLong written = new AtomicLong();
        AtomicLong read = new AtomicLong();
        AtomicInteger running = new AtomicInteger();
        AtomicBoolean overlapped = new AtomicBoolean();
        // A round reads first and then takes its time, so that the last signal falls into one.
        Mono<Void> round = Mono.fromRunnable(() -> {
                    overlapped.compareAndSet(false, running.incrementAndGet() != 1);
                    read.set(written.get());
                    rounds.incrementAndGet();
                })
                .then(Mono.delay(Duration.ofMillis(1)))
                .then(Mono.fromRunnable(running::decrementAndGet));
        Loop loop = new Loop(() -> round, failures::add);

        ExecutorService threads = Executors.newFixedThreadPool(64);
        for (int thread = 0; thread < 64; thread++) {
            threads.execute(() -> {
                for (int i = 0; i < 100_000; i++) {
                    written.incrementAndGet();
                    loop.signal();
                }
            });
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();

        awaitThat(() -> read.get() == 6_400_000L);
        assertThat(overlapped).isFalse();
        assertThat(failures).isEmpty();
        assertThat(rounds.get()).isLessThan(6_400_000);
    }

    @Test
    void aFailingRoundIsReportedAndRunAgainAfterPausesThatDoubleUpToACap() {
        VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
        try {
            Loop loop = new Loop(this::alwaysFailing, failures::add);
            loop.signal();
            assertThat(rounds).hasValue(1);

            long pause = 50;
            for (int failed = 1; failed <= 10; failed++) {
                time.advanceTimeBy(Duration.ofMillis(pause - 1));
                assertThat(rounds).hasValue(failed);
                time.advanceTimeBy(Duration.ofMillis(1));
                int next = failed + 1;
                awaitThat(() -> rounds.get() == next);
                pause = Math.min(2 * pause, 6_400);
            }
            assertThat(failures)
                    .hasSize(11)
                    .allMatch(failure -> failure.getMessage().equals("no luck"));
        } finally {
            VirtualTimeScheduler.reset();
        }
    }

    @Test
    void aGoodRoundResetsThePause() {
        VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
        try {
            Loop loop = new Loop(() -> rounds.incrementAndGet() == 4 ? Mono.empty() : failing(), failures::add);
            loop.signal();
            time.advanceTimeBy(Duration.ofMillis(50 + 100 + 200));
            awaitThat(() -> rounds.get() == 4);

            loop.signal();
            assertThat(rounds).hasValue(5);
            time.advanceTimeBy(Duration.ofMillis(50));
            awaitThat(() -> rounds.get() == 6);
        } finally {
            VirtualTimeScheduler.reset();
        }
    }

    @Test
    void aRoundThatThrowsInsteadOfReturningIsOneFailure() {
        VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
        try {
            Loop loop = new Loop(
                    () -> {
                        if (rounds.incrementAndGet() == 1) {
                            throw new IllegalStateException("thrown");
                        }
                        return Mono.empty();
                    },
                    failures::add);
            loop.signal();
            time.advanceTimeBy(Duration.ofMillis(50));

            awaitThat(() -> rounds.get() == 2);
            assertThat(failures).hasSize(1);
        } finally {
            VirtualTimeScheduler.reset();
        }
    }

    @Test
    void stopWaitsForTheRoundUnderWayAndBeginsNoOther() {
        Sinks.Empty<Void> end = Sinks.empty();
        AtomicBoolean idle = new AtomicBoolean();
        Loop loop = new Loop(
                () -> {
                    rounds.incrementAndGet();
                    return end.asMono();
                },
                failures::add);
        loop.signal();
        loop.signal();

        loop.stop().subscribe(null, null, () -> idle.set(true));
        assertThat(idle).isFalse();
        end.tryEmitEmpty();

        assertThat(idle).isTrue();
        loop.signal();
        assertThat(rounds).hasValue(1);
    }

    @Test
    void anIdleLoopStopsAtOnceAndSoDoesAStoppedOne() {
        Loop loop = new Loop(() -> Mono.fromRunnable(rounds::incrementAndGet), failures::add);

        loop.stop().block(BusFixture.PATIENCE);
        loop.stop().block(BusFixture.PATIENCE);
        loop.signal();

        assertThat(rounds).hasValue(0);
    }

    private void signalUntil(Loop loop, int last) {
        if (rounds.incrementAndGet() < last) {
            loop.signal();
        }
    }

    private Mono<Void> alwaysFailing() {
        rounds.incrementAndGet();
        return failing();
    }

    private static Mono<Void> failing() {
        return Mono.error(new IllegalStateException("no luck"));
    }
}
