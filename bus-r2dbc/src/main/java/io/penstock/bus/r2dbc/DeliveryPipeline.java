package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.EventExpiredException;
import io.penstock.bus.Handler;
import io.penstock.bus.HandlerNeverEndedException;
import io.penstock.bus.Outcome;
import io.penstock.bus.PayloadDecodingException;
import io.penstock.bus.UnknownEventTypeException;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The life of one unit, a delivery or a batch of them: admit and decode, begin, take from the inbox, handle, commit.
 * Every ending is an {@link Outcome}, which is written elsewhere. Errors only with what Reactor throws past its
 * operators.
 */
final class DeliveryPipeline<T> {

    private static final Duration UNKNOWN_TYPE_PAUSE = Duration.ofSeconds(5);
    private static final Duration FROZEN = Duration.ofSeconds(5);
    private static final Outcome NOT_OURS =
            new Outcome.Released("this node does not deliver it any more", Duration.ZERO);

    private final Registered consumer;
    private final ConsumerSpec<T> spec;
    private final Node node;
    private final BusListener listener;
    private final Inbox inbox;
    private final Ownership ownership;
    private final Scheduler threads;
    private final Predicate<Claimed> freesKey;
    private final Deadlines deadlines;
    private final Failures failures;
    private final Suspects suspects;

    /** @param freesKey whether the end of a row frees what is parked behind it */
    DeliveryPipeline(
            Registered consumer,
            ConsumerSpec<T> spec,
            Node node,
            Ownership ownership,
            Scheduler threads,
            Suspects suspects,
            Predicate<Claimed> freesKey) {
        this.consumer = consumer;
        this.spec = spec;
        this.node = node;
        this.listener = node.listener();
        this.inbox = new Inbox(node.database(), consumer.id());
        this.ownership = ownership;
        this.threads = threads;
        this.freesKey = freesKey;
        this.deadlines = new Deadlines(spec.options().timeout());
        this.failures = new Failures(consumer);
        this.suspects = suspects;
    }

    /** To be called, and subscribed to, on a handler's thread. Emits how each row of the unit ended. */
    Mono<List<Ended>> deliver(List<Claimed> rows) {
        try {
            DeliveryUnit<T> unit = open(rows);
            return unit.isEmpty() ? Mono.just(unit.ended()) : guarded(unit);
        } catch (Throwable error) {
            Outcome released = notDelivered(error);
            return Mono.just(
                    rows.stream().map(row -> Ended.notAttempted(row, released)).toList());
        }
    }

    private Mono<List<Ended>> guarded(DeliveryUnit<T> unit) {
        return suspects.concern(unit)
                ? suspects.guard(unit, this::begin).onErrorResume(error -> fail(unit, error))
                : begin(unit);
    }

    /** Not by the handler: its errors are outcomes already. */
    private Outcome notDelivered(Throwable error) {
        listener.failed("deliver to " + spec.name(), error);
        return new Outcome.Released(
                "it could not be delivered: " + error.getClass().getName(), failures.pause());
    }

    private DeliveryUnit<T> open(List<Claimed> rows) {
        DeliveryUnit<T> unit = new DeliveryUnit<>(consumer, rows.size());
        rows.forEach(row -> open(row, unit));
        return unit;
    }

    private void open(Claimed row, DeliveryUnit<T> unit) {
        if (!ownership.mayStart(row)) {
            unit.end(row, NOT_OURS);
        } else if (unit.holds(row)) {
            unit.end(row, Failures.BEHIND);
        } else if (row.begun() > 1 && row.failures() >= spec.options().retry().maxAttempts()) {
            unit.end(row, new Outcome.Dead(neverEnded(row)));
        } else if (row.isExpired()) {
            unit.end(
                    row,
                    new Outcome.Dead(new EventExpiredException("Event " + row.event() + " expired at "
                            + row.event().expiresAt() + " before it was delivered")));
        } else {
            decode(row, unit);
        }
    }

    private HandlerNeverEndedException neverEnded(Claimed row) {
        return new HandlerNeverEndedException("Consumer '" + spec.name() + "' began " + row.event() + " "
                + (row.begun() - 1) + " times by itself, and each time its node died before the handler ended");
    }

    private void decode(Claimed row, DeliveryUnit<T> unit) {
        Class<? extends T> target = spec.payloadOf(row.event().type());
        if (target == null) {
            unit.end(row, new Outcome.Released("no handler for its type here", UNKNOWN_TYPE_PAUSE));
            return;
        }
        try {
            unit.add(
                    row,
                    row.event()
                            .<T>withPayload(node.options().codec().decode(row.event(), target))
                            .build());
        } catch (UnknownEventTypeException e) {
            unit.end(row, new Outcome.Released(String.valueOf(e.getMessage()), UNKNOWN_TYPE_PAUSE));
        } catch (PayloadDecodingException e) {
            unit.end(row, new Outcome.Dead(e));
        } catch (Throwable e) {
            // A codec or a payload class may throw anything, and Reactor would let some errors pass by all operators.
            unit.end(row, new Outcome.Dead(new PayloadDecodingException("The codec failed on " + row.event(), e)));
        }
    }

    private Mono<List<Ended>> begin(DeliveryUnit<T> unit) {
        for (Claimed row : unit.rows()) {
            listener.started(delivery(row));
        }
        return attempt(unit).onErrorResume(error -> fail(unit, error));
    }

    private Mono<List<Ended>> fail(DeliveryUnit<T> unit, Throwable error) {
        try {
            boolean ours = unit.rows().stream().allMatch(ownership::mayEnd) && !(error instanceof LeaseOverException);
            return Mono.just(ours ? failures.of(unit, error) : unit.end(row -> Ended.notAttempted(row, NOT_OURS)));
        } catch (Throwable another) {
            Outcome released = notDelivered(another);
            return Mono.just(unit.end(row -> Ended.notAttempted(row, released)));
        }
    }

    private Mono<List<Ended>> attempt(DeliveryUnit<T> unit) {
        Handler<T> handler = spec.handler();
        if (handler instanceof Handler.Each<T> each) {
            return plain(unit, () -> each.function().apply(unit.event()));
        }
        if (handler instanceof Handler.Batch<T> batch) {
            return plain(unit, () -> batch.function().apply(unit.events()));
        }
        if (handler instanceof Handler.TransactionalEach<T, ?> each) {
            return transactional(unit, (owed, connection) -> call(each, owed.event(), connection));
        }
        Handler.TransactionalBatch<T, ?> batch = (Handler.TransactionalBatch<T, ?>) handler;
        return transactional(unit, (owed, connection) -> call(batch, owed.events(), connection));
    }

    private Mono<List<Ended>> plain(DeliveryUnit<T> unit, Supplier<@Nullable Mono<Void>> handler) {
        return handle(unit, handler, () -> unit.end(row -> Ended.attempted(row, Outcome.COMPLETED, unit.nanos())));
    }

    /** One transaction: what is done already is left out, the rest is handled, and both commit together. */
    private Mono<List<Ended>> transactional(DeliveryUnit<T> unit, TransactionalCall<T> handler) {
        return node.transactions()
                .run(
                        connection -> node.taking().beginAndTake(connection, consumer.id(), unit.rows(), longestIdle()),
                        (connection, taken) -> retain(unit, taken, connection)
                                .doOnNext(owed -> markAttempted(unit, owed))
                                .flatMap(owed -> handleOwed(owed, handler, connection)));
    }

    /** A row that is not ready any more is done, or was put off by a node that owned it in between. */
    private Mono<DeliveryUnit<T>> retain(DeliveryUnit<T> unit, List<Long> owed, BusConnection connection) {
        return owed.size() == unit.rows().size()
                ? Mono.just(unit)
                : inbox.owedLater(connection, unit.rows())
                        .collectList()
                        .map(later -> unit.retain(new HashSet<>(owed), new HashSet<>(later)));
    }

    private Mono<List<Ended>> handleOwed(DeliveryUnit<T> owed, TransactionalCall<T> handler, BusConnection connection) {
        if (owed.isEmpty()) {
            return Mono.just(owed.ended());
        }
        // The connection's answer came on a thread of the driver, where no code of the application may run.
        return handle(owed, () -> handler.call(owed, connection), () -> owed)
                .subscribeOn(threads)
                .flatMap(handled -> handled(handled, connection));
    }

    /** A commit would do no harm, but whoever owns the rows now may be waiting for this transaction's end. */
    private Mono<List<Ended>> handled(DeliveryUnit<T> unit, BusConnection connection) {
        if (!unit.rows().stream().allMatch(ownership::mayEnd)) {
            return Mono.error(new LeaseOverException());
        }
        List<Ended> ended = unit.end(row -> Ended.removed(row, unit.nanos()));
        List<Long> keys = unit.rows().stream()
                .filter(freesKey)
                .map(Claimed::keyHash)
                .distinct()
                .toList();
        return keys.isEmpty() ? Mono.just(ended) : release(keys, connection).thenReturn(ended);
    }

    private Mono<Long> release(List<Long> keys, BusConnection connection) {
        connection.addHints(List.of(new Hint(consumer.id(), Hint.NOTHING_READY, 0)));
        return inbox.release(connection.unwrap(), keys);
    }

    private <R> Mono<R> handle(DeliveryUnit<T> unit, Supplier<@Nullable Mono<Void>> handler, Supplier<R> result) {
        unit.attempt();
        Duration timeout = spec.options().timeout();
        Delivery delivery = spec.isBatch() ? null : delivery(unit.rows().get(0));
        return HandlerCall.of(handler, result, delivery, deadlines, () -> unit.timedOut(spec.name(), timeout));
    }

    /** A handler that is within its time is never ended by the server; one whose node is frozen is. */
    private Duration longestIdle() {
        return spec.options().timeout().plus(FROZEN);
    }

    private static <T> void markAttempted(DeliveryUnit<T> unit, DeliveryUnit<T> owed) {
        if (!owed.isEmpty()) {
            unit.attempt();
        }
    }

    private Delivery delivery(Claimed row) {
        return new Delivery(spec.name(), row.event(), row.attempt(), node.name());
    }

    private static <T, C> @Nullable Mono<Void> call(
            Handler.TransactionalEach<T, C> handler, Event<T> event, Connection connection) {
        return handler.function().apply(event, handler.transaction().cast(connection));
    }

    private static <T, C> @Nullable Mono<Void> call(
            Handler.TransactionalBatch<T, C> handler, List<Event<T>> events, Connection connection) {
        return handler.function().apply(events, handler.transaction().cast(connection));
    }

    /** The transaction is to be rolled back, and nothing of it recorded. */
    private static final class LeaseOverException extends RuntimeException {

        LeaseOverException() {
            super("This node's lease was over before the handler ended", null, false, false);
        }
    }

    @FunctionalInterface
    private interface TransactionalCall<T> {
        @Nullable
        Mono<Void> call(DeliveryUnit<T> owed, Connection connection);
    }
}
