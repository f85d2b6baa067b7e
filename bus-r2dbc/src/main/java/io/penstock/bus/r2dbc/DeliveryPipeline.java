package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.EventExpiredException;
import io.penstock.bus.Handler;
import io.penstock.bus.HandlerTimeoutException;
import io.penstock.bus.Outcome;
import io.penstock.bus.PayloadDecodingException;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
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

    private final Registered consumer;
    private final ConsumerSpec<T> spec;
    private final Node node;
    private final BusListener listener;
    private final Inbox inbox;
    private final Scheduler threads;
    private final Predicate<Claimed> mayStart;
    private final Predicate<Claimed> isLastOfKey;

    /**
     * @param mayStart whether this node still owns a row and is not stopping
     * @param isLastOfKey whether no later row of its key waits in memory
     */
    DeliveryPipeline(
            Registered consumer,
            ConsumerSpec<T> spec,
            Node node,
            Inbox inbox,
            Scheduler threads,
            Predicate<Claimed> mayStart,
            Predicate<Claimed> isLastOfKey) {
        this.consumer = consumer;
        this.spec = spec;
        this.node = node;
        this.listener = node.listener();
        this.inbox = inbox;
        this.threads = threads;
        this.mayStart = mayStart;
        this.isLastOfKey = isLastOfKey;
    }

    /** Emits how each row of the unit ended. */
    Mono<List<Ended>> deliver(List<Claimed> rows) {
        return Mono.fromCallable(() -> open(rows))
                .flatMap(unit -> unit.isEmpty() ? Mono.just(unit.ended) : handle(unit))
                .subscribeOn(threads)
                .onErrorResume(error -> Mono.just(notDelivered(rows, error)));
    }

    /** Not by the handler: its errors are outcomes already. */
    private List<Ended> notDelivered(List<Claimed> rows, Throwable error) {
        listener.failed("deliver to " + spec.name(), error);
        Outcome released = new Outcome.Released("it could not be delivered: " + error, pause());
        return rows.stream().map(row -> Ended.notAttempted(row, released)).toList();
    }

    private Unit<T> open(List<Claimed> rows) {
        Unit<T> unit = new Unit<>();
        rows.forEach(row -> open(row, unit));
        return unit;
    }

    private void open(Claimed row, Unit<T> unit) {
        if (consumer.isOrdered() && unit.isHeld(row.keyHash(), consumer.deadHoldsKey())) {
            unit.end(row, new Outcome.Released("an earlier event of its key could not be handled", Duration.ZERO));
        } else if (!mayStart.test(row)) {
            unit.end(row, new Outcome.Released("this node no longer owns it", Duration.ZERO));
        } else if (row.expired()) {
            unit.end(
                    row,
                    new Outcome.Dead(new EventExpiredException("Event " + row.event() + " expired at "
                            + row.event().expiresAt() + " before it was delivered")));
        } else {
            decode(row, unit);
        }
    }

    private void decode(Claimed row, Unit<T> unit) {
        Class<? extends T> target = spec.payloadOf(row.event().type());
        if (target == null) {
            unit.end(row, new Outcome.Released("no handler for its type here", UNKNOWN_TYPE_PAUSE));
            return;
        }
        try {
            T payload = node.options().codec().decode(row.event(), target);
            unit.add(row, row.event().<T>withPayload(payload).build());
        } catch (PayloadDecodingException e) {
            unit.end(row, new Outcome.Dead(e));
        } catch (RuntimeException | StackOverflowError e) {
            unit.end(row, new Outcome.Dead(new PayloadDecodingException("The codec failed on " + row.event(), e)));
        }
    }

    private Mono<List<Ended>> handle(Unit<T> unit) {
        unit.rows.forEach(row -> listener.started(delivery(row)));
        return attempt(unit).onErrorResume(error -> Mono.just(failed(unit, error)));
    }

    private Mono<List<Ended>> attempt(Unit<T> unit) {
        Handler<T> handler = spec.handler();
        if (handler instanceof Handler.Each<T> each) {
            return plain(unit, () -> each.function().apply(unit.event()));
        }
        if (handler instanceof Handler.Batch<T> batch) {
            return plain(unit, () -> batch.function().apply(unit.events));
        }
        if (handler instanceof Handler.TransactionalEach<T, ?> each) {
            return transactional(unit, (owed, connection) -> call(each, owed.event(), connection));
        }
        Handler.TransactionalBatch<T, ?> batch = (Handler.TransactionalBatch<T, ?>) handler;
        return transactional(unit, (owed, connection) -> call(batch, owed.events, connection));
    }

    private Mono<List<Ended>> plain(Unit<T> unit, Supplier<@Nullable Mono<Void>> handler) {
        return run(unit, handler)
                .then(Mono.fromCallable(() -> unit.end(row -> Ended.attempted(row, Outcome.COMPLETED, unit.nanos()))));
    }

    /** One transaction: what is done already is left out, the rest is handled, and both commit together. */
    private Mono<List<Ended>> transactional(Unit<T> unit, TransactionalCall<T> handler) {
        return node.transactions()
                .run(connection -> inbox.remove(connection, unit.rows)
                        .collectList()
                        .map(owed -> unit.retain(new HashSet<>(owed)))
                        .flatMap(owed -> handle(owed, handler, connection)));
    }

    private Mono<List<Ended>> handle(Unit<T> owed, TransactionalCall<T> handler, BusConnection connection) {
        if (owed.isEmpty()) {
            return Mono.just(owed.ended);
        }
        // The connection's answer came on a thread of the driver, where no code of the application may run.
        return run(owed, () -> handler.call(owed, connection))
                .subscribeOn(threads)
                .then(Mono.defer(() -> release(owed, connection)))
                .then(Mono.fromCallable(() -> owed.end(row -> Ended.removed(row, owed.nanos()))));
    }

    private Mono<Void> release(Unit<T> owed, BusConnection connection) {
        List<Long> keys = owed.rows.stream()
                .filter(row -> row.followed() && isLastOfKey.test(row))
                .map(Claimed::keyHash)
                .distinct()
                .toList();
        if (keys.isEmpty()) {
            return Mono.empty();
        }
        connection.addHints(List.of(new Hint(consumer.id(), Hint.NOTHING_READY, 0)));
        return inbox.release(connection.unwrap(), keys).then();
    }

    private Mono<Void> run(Unit<T> unit, Supplier<@Nullable Mono<Void>> handler) {
        Duration timeout = spec.options().timeout();
        Mono<Void> handling = HandlerCall.of(handler)
                .timeout(timeout)
                .onErrorMap(TimeoutException.class, error -> unit.timedOut(spec.name(), timeout));
        return unit.rows.size() == 1 && !spec.isBatch()
                ? handling.contextWrite(context -> context.put(Delivery.CONTEXT_KEY, delivery(unit.rows.get(0))))
                : handling;
    }

    private List<Ended> failed(Unit<T> unit, Throwable error) {
        Set<Long> keys = new HashSet<>();
        boolean alone = unit.rows.size() == 1;
        return unit.end(row -> {
            if (error instanceof Transactions.NoConnectionException) {
                return Ended.notAttempted(row, new Outcome.Released(String.valueOf(error.getMessage()), pause()));
            }
            boolean behind = consumer.isOrdered() && !keys.add(row.keyHash());
            if (behind) {
                return Ended.notAttempted(
                        row, new Outcome.Released("an earlier event of its key failed", Duration.ZERO));
            }
            return Ended.attempted(row, alone ? alone(row, error) : inBatch(row, error), unit.nanos());
        });
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
        Mono<Void> call(Unit<T> owed, Connection connection);
    }

    /** The rows to be handled with their events, and those that ended without. */
    private static final class Unit<T> {

        private final List<Claimed> rows = new ArrayList<>();
        private final List<Event<T>> events = new ArrayList<>();
        private final List<Ended> ended = new ArrayList<>();
        private final long openedAt = System.nanoTime();

        long nanos() {
            return System.nanoTime() - openedAt;
        }

        boolean isEmpty() {
            return rows.isEmpty();
        }

        /** Whether a row of this key has ended in a way that later ones have to wait for. */
        boolean isHeld(long keyHash, boolean deadHoldsKey) {
            return ended.stream().anyMatch(end -> end.row().keyHash() == keyHash && !end.letsKeyGoOn(deadHoldsKey));
        }

        Event<T> event() {
            return events.get(0);
        }

        void add(Claimed row, Event<T> event) {
            rows.add(row);
            events.add(event);
        }

        void end(Claimed row, Outcome outcome) {
            ended.add(Ended.notAttempted(row, outcome));
        }

        List<Ended> end(Function<Claimed, Ended> ending) {
            List<Ended> all = new ArrayList<>(ended);
            rows.forEach(row -> all.add(ending.apply(row)));
            return all;
        }

        /** Without the rows that are done already: those end as duplicates. */
        Unit<T> retain(Set<Long> owed) {
            Unit<T> left = new Unit<>();
            left.ended.addAll(ended);
            for (int i = 0; i < rows.size(); i++) {
                if (owed.contains(rows.get(i).seq())) {
                    left.add(rows.get(i), events.get(i));
                } else {
                    left.end(rows.get(i), Outcome.DUPLICATE);
                }
            }
            return left;
        }

        HandlerTimeoutException timedOut(String consumer, Duration timeout) {
            return new HandlerTimeoutException("Consumer '" + consumer + "' did not end within " + timeout + " for "
                    + rows.get(0).event() + (rows.size() == 1 ? "" : " and " + (rows.size() - 1) + " more"));
        }
    }
}
