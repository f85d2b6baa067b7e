package io.penstock.bus.r2dbc;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Runs an asynchronous round whenever it is signalled, one round at a time. A signal during a round makes exactly one
 * more, so none is lost and a thousand cost as much as one. A failing round is reported and, after a pause that grows
 * with repeated failures, run again: the loop outlives every error.
 *
 * <p>Design note: Reactor has no operator that conflates requests for the same work while it is under way, so the
 * count of signals (as in a drain loop) is kept here, and this is the only class that subscribes to rounds.
 */
final class Loop {

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
    private static final int MOST_DOUBLINGS = 7;

    private final AtomicInteger signals = new AtomicInteger();
    private final Sinks.Empty<Void> idle = Sinks.empty();
    private final Flux<Void> rounds;
    private final Consumer<Throwable> onFailure;
    private volatile boolean stopped;
    private int seen;
    private int failures;

    Loop(Supplier<Mono<Void>> round, Consumer<Throwable> onFailure) {
        this.onFailure = onFailure;
        this.rounds = Mono.defer(() -> begin(round))
                .doOnSuccess(done -> failures = 0)
                .onErrorResume(this::pause)
                .repeat(this::hasMore);
    }

    /** Asks for a round that begins after this call. */
    void signal() {
        if (signals.getAndIncrement() == 0) {
            rounds.subscribe();
        }
    }

    /** Begins no further round; completes when none is under way. */
    Mono<Void> stop() {
        stopped = true;
        signal();
        return idle.asMono();
    }

    private Mono<Void> begin(Supplier<Mono<Void>> round) {
        seen = signals.get();
        return stopped ? Mono.empty() : round.get();
    }

    private Mono<Void> pause(Throwable failure) {
        onFailure.accept(failure);
        signals.incrementAndGet();
        int doublings = Math.min(failures++, MOST_DOUBLINGS);
        return stopped
                ? Mono.empty()
                : Mono.delay(SHORTEST_PAUSE.multipliedBy(1L << doublings)).then();
    }

    private boolean hasMore() {
        if (stopped) {
            idle.tryEmitEmpty();
            return false;
        }
        return signals.addAndGet(-seen) > 0;
    }
}
