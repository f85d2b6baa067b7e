package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.InvalidEventException;
import io.penstock.bus.PublishOutcomeUnknownException;
import io.penstock.bus.PublishRejectedException;
import io.penstock.bus.PublishResult;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Publishes events in transactions of the bus's own, by group commit. */
final class OutboxWriter {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(5);
    private static final int LANES = 2;
    private static final int MOST_EVENTS = 512;
    private static final int MOST_CHARACTERS = 4 << 20;

    private final Database database;
    private final Outbox outbox;
    private final WakeUp wakeUp;
    private final BusListener listener;
    private final int mostPending;
    private final Gatherer<Pending> concurrent;
    private final AtomicInteger unwritten = new AtomicInteger();
    private volatile boolean closed;

    OutboxWriter(Node node, Outbox outbox) {
        this.database = node.database();
        this.outbox = outbox;
        this.wakeUp = node.wakeUp();
        this.listener = node.listener();
        this.mostPending = node.options().maxPendingPublishes();
        this.concurrent = gatherer(LANES, error -> {}, () -> false);
    }

    Mono<Void> publish(Event<?> event) {
        return Mono.defer(() -> concurrent.pending() < mostPending ? submit(event, concurrent) : tooMany(event));
    }

    /** One lane of its own for each stream: with two, a later event could be stored before an earlier one. */
    Flux<PublishResult> publishAll(Publisher<? extends Event<?>> events) {
        return Flux.defer(() -> {
            AtomicBoolean broken = new AtomicBoolean();
            Gatherer<Pending> stream = gatherer(1, error -> broken.set(true), broken::get);
            int outstanding = Math.min(2 * MOST_EVENTS, mostPending);
            return Flux.from(events).flatMapSequential(event -> result(event, stream), outstanding, 1);
        });
    }

    /** Takes nothing more; completes when what was taken is written. */
    Mono<Void> close() {
        closed = true;
        return Flux.interval(Duration.ZERO, LOOK_AGAIN)
                .onBackpressureDrop()
                .takeUntil(tick -> unwritten.get() == 0)
                .then();
    }

    /**
     * @param onFailure told when events were not stored, before their publishers are
     * @param isBroken whether nothing more may be stored, because what comes first was not
     */
    private Gatherer<Pending> gatherer(int lanes, Consumer<Throwable> onFailure, BooleanSupplier isBroken) {
        return new Gatherer<>(
                lanes, batch -> flush(batch, onFailure, isBroken), Pending::size, MOST_EVENTS, MOST_CHARACTERS);
    }

    private Mono<PublishResult> result(Event<?> event, Gatherer<Pending> gatherer) {
        return Mono.defer(() -> submit(event, gatherer))
                .thenReturn(new PublishResult(event.id(), null))
                .onErrorResume(OutboxWriter::isOfOneEvent, error -> Mono.just(new PublishResult(event.id(), error)));
    }

    private static boolean isOfOneEvent(Throwable error) {
        return error instanceof DuplicateEventException || error instanceof InvalidEventException;
    }

    private Mono<Void> submit(Event<?> event, Gatherer<Pending> gatherer) {
        Pending pending = new Pending(outbox.encode(event), Sinks.empty());
        // Counted before the look at closed, so that close waits for whoever gets past it.
        unwritten.incrementAndGet();
        if (closed) {
            unwritten.decrementAndGet();
            return Mono.error(new PublishRejectedException("Event " + event + " was not stored: the bus is closed"));
        }
        gatherer.submit(pending);
        return pending.done().asMono();
    }

    private Mono<Void> tooMany(Event<?> event) {
        return Mono.error(new PublishRejectedException("Event " + event + " was not stored: " + mostPending
                + " publishes are waiting (maxPendingPublishes); publish it again later"));
    }

    private Mono<Void> flush(List<Pending> batch, Consumer<Throwable> onFailure, BooleanSupplier isBroken) {
        return write(batch, onFailure, isBroken).doFinally(end -> unwritten.addAndGet(-batch.size()));
    }

    private Mono<Void> write(List<Pending> batch, Consumer<Throwable> onFailure, BooleanSupplier isBroken) {
        if (isBroken.getAsBoolean()) {
            batch.forEach(pending -> pending.fail(behind(pending)));
            return Mono.empty();
        }
        AtomicBoolean sent = new AtomicBoolean();
        return database.with(connection -> append(connection, batch, sent))
                .doOnNext(appended -> committed(batch, appended))
                .then()
                .onErrorResume(error -> failed(batch, error, sent.get(), onFailure, isBroken));
    }

    private Mono<Outbox.Appended> append(Connection connection, List<Pending> batch, AtomicBoolean sent) {
        sent.set(true);
        return outbox.append(connection, batch.stream().map(Pending::encoded).toList());
    }

    private void committed(List<Pending> batch, Outbox.Appended appended) {
        listener.published(batch.size() - appended.repeated().size());
        wakeUp.committed(appended.hints());
        for (Pending pending : batch) {
            if (!appended.repeated().isEmpty() && appended.isRepeated(pending.encoded())) {
                pending.fail(
                        new DuplicateEventException(pending.encoded().event().id()));
            } else {
                pending.done().tryEmitEmpty();
            }
        }
    }

    /** An error of the database in a batch may be the fault of one event: the others get a second chance without it. */
    private Mono<Void> failed(
            List<Pending> batch,
            Throwable error,
            boolean sent,
            Consumer<Throwable> onFailure,
            BooleanSupplier isBroken) {
        boolean unknown = sent && DatabaseErrors.isOutcomeUnknown(error);
        if (sent && !unknown && batch.size() > 1) {
            return Flux.fromIterable(batch)
                    .concatMap(pending -> Mono.defer(() -> write(List.of(pending), onFailure, isBroken)))
                    .then();
        }
        onFailure.accept(error);
        batch.forEach(pending -> pending.fail(unknown ? unknown(pending, error) : error));
        return Mono.empty();
    }

    private static Throwable behind(Pending pending) {
        return new PublishRejectedException(
                "Event " + pending.encoded().event() + " was not stored: an earlier event of its stream was not");
    }

    private static Throwable unknown(Pending pending, Throwable error) {
        return new PublishOutcomeUnknownException(
                "Event " + pending.encoded().event() + " may be stored or not: no answer came from the database."
                        + " Publish it again with the same id: if it was stored, that fails with"
                        + " DuplicateEventException and changes nothing",
                error);
    }

    private record Pending(Encoded encoded, Sinks.Empty<Void> done) {

        int size() {
            return encoded.size();
        }

        void fail(Throwable error) {
            done.tryEmitError(error);
        }
    }
}
