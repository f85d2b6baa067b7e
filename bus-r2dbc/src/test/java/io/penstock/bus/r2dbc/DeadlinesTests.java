package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.PublisherProbe;
import reactor.test.scheduler.VirtualTimeScheduler;

/** One timer for many runs: each is over in its turn, whatever the others do. */
class DeadlinesTests {

    private final Deadlines deadlines = new Deadlines(Duration.ofMillis(20));
    private final Queue<String> over = new ConcurrentLinkedQueue<>();

    /** Two that come due within microseconds may be ended by two threads of the timer. */
    @Test
    void runsAreOverOnceEachAndLaterOnesToo() {
        deadlines.begin(() -> over.add("first"));
        deadlines.begin(() -> over.add("second"));
        awaitThat(() -> over.size() == 2);
        deadlines.begin(() -> over.add("third"));

        awaitThat(() -> over.size() == 3);
        assertThat(over).containsExactlyInAnyOrder("first", "second", "third").endsWith("third");
    }

    @Test
    void aRunThatEndsInTimeIsNotOver() {
        Disposable ended = deadlines.begin(() -> over.add("ended"));
        deadlines.begin(() -> over.add("last"));

        ended.dispose();

        awaitThat(() -> over.contains("last"));
        assertThat(over).containsExactly("last");
    }

    @Test
    void whatOneThrowsKeepsNothingFromTheOthers() {
        deadlines.begin(() -> {
            throw new NoClassDefFoundError("thrown on purpose");
        });
        deadlines.begin(() -> over.add("other"));

        awaitThat(() -> over.contains("other"));
    }

    @Test
    void theEndOfARunMayBeginTheNextWithoutBeingInterrupted() {
        AtomicInteger interrupted = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
            String run = "run " + i;
            deadlines.begin(() -> {
                deadlines.begin(() -> over.add("next of " + run)).dispose();
                interrupted.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
                over.add(run);
            });
            awaitThat(() -> over.contains(run));
        }

        assertThat(interrupted).hasValue(0);
    }

    @Test
    void whatTakesLongerThanItsLimitIsCancelledAndFails() {
        PublisherProbe<String> endless = PublisherProbe.of(Mono.never());

        StepVerifier.create(deadlines.limit(endless.mono(), "Waiting"))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(TimeoutException.class)
                        .hasMessage("Waiting took longer than PT0.02S"))
                .verify(Duration.ofSeconds(30));
        endless.assertWasCancelled();
    }

    @Test
    void whatEndsWithinItsLimitEndsAsItWould() {
        StepVerifier.create(deadlines.limit(Mono.just("value"), "It"))
                .expectNext("value")
                .verifyComplete();
        StepVerifier.create(deadlines.limit(Mono.empty(), "It")).verifyComplete();
        StepVerifier.create(deadlines.limit(Mono.error(new IllegalStateException("its own")), "It"))
                .verifyErrorMessage("its own");
    }

    @Test
    void aTimerThatASchedulerLostKeepsNothingFromBeingOver() {
        VirtualTimeScheduler.getOrSet();
        try {
            deadlines.begin(() -> over.add("lost"));
        } finally {
            VirtualTimeScheduler.reset();
        }

        awaitThat(() -> {
            deadlines.begin(() -> over.add("later"));
            return over.contains("later");
        });
        assertThat(over).startsWith("lost");
    }

    @Test
    void aCancelReachesWhatIsLimited() {
        PublisherProbe<String> endless = PublisherProbe.of(Mono.never());

        deadlines.limit(endless.mono(), "Waiting").subscribe().dispose();

        endless.assertWasCancelled();
    }
}
