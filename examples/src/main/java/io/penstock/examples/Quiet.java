package io.penstock.examples;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.EventBus;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;

/** Waits until the consumers have nothing more to do. */
final class Quiet {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);
    private static final Duration STALLED = Duration.ofMinutes(1);

    private final EventBus bus;
    private final Tally tally;
    private final List<String> consumers;

    Quiet(EventBus bus, Tally tally, List<String> consumers) {
        this.bus = bus;
        this.tally = tally;
        this.consumers = consumers;
    }

    /** Emits where the consumers stand then; errors if nothing moves any more. */
    Mono<BusStats> await() {
        return bus.stats()
                .repeatWhen(asked -> asked.delayElements(LOOK_AGAIN))
                .takeUntil(this::isQuiet)
                .distinctUntilChanged(this::figures)
                .timeout(STALLED, Mono.error(Quiet::stalled))
                .last();
    }

    private static Throwable stalled() {
        return new IllegalStateException("nothing has moved for " + STALLED + ", and something is still to deliver");
    }

    private boolean isQuiet(BusStats stats) {
        return consumers.stream().map(stats::of).allMatch(Quiet::isQuiet);
    }

    /** What is parked stays so only behind a dead letter; behind anything else it will go on. */
    private static boolean isQuiet(ConsumerStats stats) {
        boolean waits = stats.parked() > 0 && stats.dead() > 0;
        return stats.ready() == 0 && stats.scheduled() == 0 && stats.inFlight() == 0 && (stats.parked() == 0 || waits);
    }

    /** Changes as long as something moves. Ages do not count; what was handled does, because counts have a ceiling. */
    private List<List<Long>> figures(BusStats stats) {
        return consumers.stream().map(stats::of).map(this::figures).toList();
    }

    private List<Long> figures(ConsumerStats stats) {
        return List.of(stats.backlog(), stats.dead(), tally.completed(stats.consumer()));
    }
}
