package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.EventExpiredException;
import io.penstock.bus.Handler;
import io.penstock.bus.Outcome;
import io.penstock.bus.PayloadDecodingException;
import io.penstock.bus.RetryPolicy;
import io.penstock.bus.UnknownEventTypeException;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The life of one unit, a delivery or a batch of them: admit and decode, begin, take from the inbox, handle, commit.
 * Every ending is an {@link Outcome}. Never errors, and writes nothing but in a handler's own transaction.
 */
final class DeliveryPipeline<T> {

    private static final Duration UNKNOWN_TYPE_PAUSE = Duration.ofSeconds(5);
    private static final Outcome NOT_OURS = new Outcome.Released("this node no longer owns it", Duration.ZERO);
    private static final Outcome BEHIND = new Outcome.Released("an earlier event of its key failed", Duration.ZERO);

    private final Registered consumer;
    private final ConsumerSpec<T> spec;
    private final Node node;
    private final BusListener listener;
    private final Inbox inbox;
    private final Scheduler threads;
    private final Predicate<Claimed> mayStart;
    private final Predicate<Claimed> freesKey;

    /**
     * @param mayStart whether this node still owns a row and is not stopping
     * @param freesKey whether the end of a row frees what is parked behind it
     */
    DeliveryPipeline(
            Registered consumer,
            ConsumerSpec<T> spec,
            Node node,
            Inbox inbox,
            Scheduler threads,
            Predicate<Claimed> mayStart,
            Predicate<Claimed> freesKey) {
        this.consumer = consumer;
        this.spec = spec;
        this.node = node;
        this.listener = node.listener();
        this.inbox = inbox;
        this.threads = threads;
        this.mayStart = mayStart;
        this.freesKey = freesKey;
    }

    /** Emits how each row of the unit ended. */
    Mono<List<Ended>> deliver(List<Claimed> rows) {
        return Mono.fromCallable(() -> open(rows))
                .flatMap(unit -> unit.isEmpty() ? Mono.just(unit.ended()) : handle(unit))
                .subscribeOn(threads)
                .onErrorResume(error -> Mono.just(notDelivered(rows, error)));
    }

    /** Not by the handler: its errors are outcomes already. */
    private List<Ended> notDelivered(List<Claimed> rows, Throwable error) {
        listener.failed("deliver to " + spec.name(), error);
        Outcome released = new Outcome.Released(
                "it could not be delivered: " + error.getClass().getName(), pause());
        return rows.stream().map(row -> Ended.notAttempted(row, released)).toList();
    }

    private DeliveryUnit<T> open(List<Claimed> rows) {
        DeliveryUnit<T> unit = new DeliveryUnit<>(consumer);
        rows.forEach(row -> open(row, unit));
        return unit;
    }

    private void open(Claimed row, DeliveryUnit<T> unit) {
        if (!mayStart.test(row)) {
            unit.end(row, NOT_OURS);
        } else if (unit.holds(row)) {
            unit.end(row, BEHIND);
        } else if (row.isExpired()) {
            unit.end(
                    row,
                    new Outcome.Dead(new EventExpiredException("Event " + row.event() + " expired at "
                            + row.event().expiresAt() + " before it was delivered")));
        } else {
            decode(row, unit);
        }
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

    private Mono<List<Ended>> handle(DeliveryUnit<T> unit) {
        unit.rows().forEach(row -> listener.started(delivery(row)));
        return attempt(unit).onErrorResume(error -> Mono.just(failed(unit, error)));
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
        return run(unit, handler)
                .then(Mono.fromCallable(() -> unit.end(row -> Ended.attempted(row, Outcome.COMPLETED, unit.nanos()))));
    }

    /** One transaction: what is done already is left out, the rest is handled, and both commit together. */
    private Mono<List<Ended>> transactional(DeliveryUnit<T> unit, TransactionalCall<T> handler) {
        return node.transactions()
                .run(connection -> inbox.remove(connection, unit.rows())
                        .collectList()
                        .timeout(node.options().acquireTimeout())
                        .map(owed -> unit.retain(new HashSet<>(owed)))
                        .doOnNext(owed -> markAttempted(unit, owed))
                        .flatMap(owed -> handle(owed, handler, connection)));
    }

    private Mono<List<Ended>> handle(DeliveryUnit<T> owed, TransactionalCall<T> handler, BusConnection connection) {
        if (owed.isEmpty()) {
            return Mono.just(owed.ended());
        }
        // The connection's answer came on a thread of the driver, where no code of the application may run.
        return run(owed, () -> handler.call(owed, connection))
                .subscribeOn(threads)
                .then(Mono.defer(() -> release(owed, connection)))
                .then(Mono.fromCallable(() -> owed.end(row -> Ended.removed(row, owed.nanos()))));
    }

    private Mono<Void> release(DeliveryUnit<T> owed, BusConnection connection) {
        List<Long> keys = owed.rows().stream()
                .filter(freesKey)
                .map(Claimed::keyHash)
                .distinct()
                .toList();
        if (keys.isEmpty()) {
            return Mono.empty();
        }
        connection.addHints(List.of(new Hint(consumer.id(), Hint.NOTHING_READY, 0)));
        return inbox.release(connection.unwrap(), keys).then();
    }

    private Mono<Void> run(DeliveryUnit<T> unit, Supplier<@Nullable Mono<Void>> handler) {
        unit.attempt();
        Duration timeout = spec.options().timeout();
        Mono<Void> handling = HandlerCall.of(handler)
                .timeout(timeout)
                .onErrorMap(TimeoutException.class, error -> unit.timedOut(spec.name(), timeout));
        return unit.rows().size() == 1 && !spec.isBatch()
                ? handling.contextWrite(context ->
                        context.put(Delivery.CONTEXT_KEY, delivery(unit.rows().get(0))))
                : handling;
    }

    private List<Ended> failed(DeliveryUnit<T> unit, Throwable error) {
        if (!unit.isAttempted()) {
            Outcome released = new Outcome.Released(String.valueOf(error.getMessage()), pause());
            return unit.end(row -> Ended.notAttempted(row, released));
        }
        boolean alone = unit.rows().size() == 1;
        Set<Long> keys = new HashSet<>();
        return unit.end(row -> consumer.isOrdered() && !keys.add(row.keyHash())
                ? Ended.notAttempted(row, BEHIND)
                : Ended.attempted(row, alone ? alone(row, error) : inBatch(row, error), unit.nanos()));
    }

    private static <T> void markAttempted(DeliveryUnit<T> unit, DeliveryUnit<T> owed) {
        if (!owed.isEmpty()) {
            unit.attempt();
        }
    }

    private Outcome alone(Claimed row, Throwable error) {
        return retry().afterFailure(
                        row.attempt(), error, ThreadLocalRandom.current().nextDouble());
    }

    /** Nobody knows which event of a batch was at fault: each is attempted again, by itself. */
    private Outcome inBatch(Claimed row, Throwable error) {
        return new Outcome.Retry(
                retry().delay(row.attempt(), ThreadLocalRandom.current().nextDouble()), null, error);
    }

    private Duration pause() {
        return retry().delay(1, ThreadLocalRandom.current().nextDouble());
    }

    private RetryPolicy retry() {
        return spec.options().retry();
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

    @FunctionalInterface
    private interface TransactionalCall<T> {
        @Nullable
        Mono<Void> call(DeliveryUnit<T> owed, Connection connection);
    }
}
