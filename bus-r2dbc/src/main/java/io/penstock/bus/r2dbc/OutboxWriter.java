package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.penstock.bus.InvalidEventException;
import io.penstock.bus.PublishRejectedException;
import io.penstock.bus.PublishResult;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Publishes events in transactions of the bus's own, by group commit. */
final class OutboxWriter {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(5);
    private static final int LANES = 2;

    private final Node node;
    private final Outbox outbox;
    private final int mostPending;
    private final WriteQueue concurrent;
    private final AtomicInteger untold = new AtomicInteger();
    private volatile boolean closed;

    OutboxWriter(Node node, Outbox outbox) {
        this.node = node;
        this.outbox = outbox;
        this.mostPending = node.options().maxPendingPublishes();
        this.concurrent = queue(LANES);
    }

    Mono<Void> publish(Event<?> event) {
        return Mono.defer(() -> concurrent.pending() < mostPending ? submit(event, concurrent) : tooMany(event))
                .flatMap(result -> result.error() == null ? Mono.empty() : Mono.error(result.error()))
                // Asks for the result, whatever is asked for here.
                .then();
    }

    /** One lane of its own for each stream: with two, a later event could be stored before an earlier one. */
    Flux<PublishResult> publishAll(Publisher<? extends Event<?>> events) {
        return Flux.defer(() -> {
            WriteQueue stream = queue(1);
            int outstanding = Math.min(WriteQueue.OUTSTANDING, mostPending);
            return Flux.from(events).flatMapSequential(event -> result(event, stream), outstanding, 1);
        });
    }

    /** Takes nothing more; completes when what was taken is written and its publishers know. */
    Mono<Void> close() {
        closed = true;
        return Flux.interval(Duration.ZERO, LOOK_AGAIN)
                .onBackpressureDrop()
                .takeUntil(tick -> untold.get() == 0)
                .then();
    }

    private WriteQueue queue(int lanes) {
        return new WriteQueue(node, outbox, lanes, told -> untold.addAndGet(-told));
    }

    private Mono<PublishResult> result(Event<?> event, WriteQueue stream) {
        try {
            return submit(event, stream);
        } catch (InvalidEventException refused) {
            return Mono.just(new PublishResult(event.id(), refused));
        }
    }

    private Mono<PublishResult> submit(Event<?> event, WriteQueue queue) {
        Encoded encoded = outbox.encode(event);
        // Counted before the look at closed, so that close waits for whoever gets past it.
        untold.incrementAndGet();
        if (closed) {
            untold.decrementAndGet();
            return Mono.error(new PublishRejectedException("Event " + event + " was not stored: the bus is closed"));
        }
        return queue.submit(encoded);
    }

    private Mono<PublishResult> tooMany(Event<?> event) {
        return Mono.error(new PublishRejectedException("Event " + event + " was not stored: " + mostPending
                + " publishes are waiting (maxPendingPublishes); publish it again later"));
    }
}
