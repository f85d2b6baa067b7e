package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Delivery;
import io.penstock.bus.Handler;
import io.penstock.bus.Outcome;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The life of one unit, a delivery or a batch of them: admit and decode, begin and take from the inbox, handle, commit. A
 * single event's transaction begins first, and it is decoded once it is taken.
 *
 * <p>Every ending is an {@link Outcome}, which is written elsewhere. Errors only with what Reactor throws past its
 * operators.
 */
final class DeliveryPipeline<T> {

    private static final Duration FROZEN = Duration.ofSeconds(5);

    private final Registered consumer;
    private final ConsumerSpec<T> spec;
    private final Node node;
    private final BusListener listener;
    private final Inbox inbox;
    private final Ownership ownership;
    private final Opening<T> opening;
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
        this.opening = new Opening<>(consumer, spec, node.options().codec(), ownership);
        this.threads = threads;
        this.freesKey = freesKey;
        this.deadlines = new Deadlines(spec.options().timeout());
        this.failures = new Failures(consumer);
        this.suspects = suspects;
    }

    /**
     * Whether a delivery may be begun on any thread just now: a transactional handler's begins with the database, and no
     * code of the application runs before the event is taken.
     */
    boolean mayBeginAnywhere() {
        return spec.handler() instanceof Handler.TransactionalEach
                && node.transactions().canBorrow();
    }

    /**
     * To be called, and subscribed to, on a handler's thread, unless it may be begun anywhere. Emits how each row of the
     * unit ended.
     */
    Mono<List<Ended>> deliver(List<Claimed> rows) {
        if (spec.handler() instanceof Handler.TransactionalEach<T, ?> each) {
            return mayTake(rows.get(0))
                    ? takeAndOpen(rows.get(0), each)
                    : Mono.defer(() -> openAndDeliver(rows)).subscribeOn(threads);
        }
        return openAndDeliver(rows);
    }

    /** Whether it is worth a transaction, and nothing has to be stored before that. */
    private boolean mayTake(Claimed row) {
        return opening.mayOpen(row) && !suspects.concern(row);
    }

    /** Of one event: one that is not to be handled is put back by rolling back. */
    private Mono<List<Ended>> takeAndOpen(Claimed row, Handler.TransactionalEach<T, ?> handler) {
        AtomicReference<DeliveryUnit<T>> unit = new AtomicReference<>(DeliveryUnit.unopened(consumer, row));
        return node.transactions()
                .run(
                        connection -> take(connection, List.of(row)),
                        (connection, taken) -> taken.isEmpty()
                                ? retain(unit.get(), taken, connection).map(DeliveryUnit::ended)
                                // The answer came on a thread of the driver, where no code of the application may run.
                                : Mono.defer(() -> openTaken(unit))
                                        .flatMap(opened -> handleHere(opened, eachOf(handler), connection))
                                        .subscribeOn(threads)
                                        .flatMap(handled -> handled(handled, connection)))
                .onErrorResume(error -> Mono.just(endedBy(unit.get(), error)));
    }

    private Mono<DeliveryUnit<T>> openTaken(AtomicReference<DeliveryUnit<T>> unit) {
        try {
            DeliveryUnit<T> opened = opening.open(unit.get().rows());
            unit.set(opened);
            opened.rows().forEach(row -> listener.started(delivery(row)));
            return opened.isEmpty() ? Mono.error(new NotHandledException()) : Mono.just(opened);
        } catch (Throwable error) {
            return Mono.error(error);
        }
    }

    private Mono<List<Ended>> openAndDeliver(List<Claimed> rows) {
        try {
            DeliveryUnit<T> unit = opening.open(rows);
            return unit.isEmpty() ? Mono.just(unit.ended()) : guarded(unit);
        } catch (Throwable error) {
            Outcome released = notDelivered(error);
            return Mono.just(
                    rows.stream().map(row -> Ended.notAttempted(row, released)).toList());
        }
    }

    private Mono<List<Ended>> guarded(DeliveryUnit<T> unit) {
        return suspects.concern(unit)
                ? suspects.guard(unit, this::begin).onErrorResume(error -> Mono.just(endedBy(unit, error)))
                : begin(unit);
    }

    /** Not by the handler: its errors are outcomes already. */
    private Outcome notDelivered(Throwable error) {
        listener.failed("deliver to " + spec.name(), error);
        return new Outcome.Released(
                "it could not be delivered: " + error.getClass().getName(), failures.pause());
    }

    private Mono<List<Ended>> begin(DeliveryUnit<T> unit) {
        unit.rows().forEach(row -> listener.started(delivery(row)));
        return attempt(unit);
    }

    private List<Ended> endedBy(DeliveryUnit<T> unit, Throwable error) {
        if (error instanceof NotHandledException) {
            return unit.ended();
        }
        try {
            boolean ours = unit.rows().stream().allMatch(ownership::mayEnd) && !(error instanceof LeaseOverException);
            return ours ? failures.of(unit, error) : unit.end(row -> Ended.notAttempted(row, Opening.NOT_OURS));
        } catch (Throwable another) {
            Outcome released = notDelivered(another);
            return unit.end(row -> Ended.notAttempted(row, released));
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
            return transactional(unit, eachOf(each));
        }
        Handler.TransactionalBatch<T, ?> batch = (Handler.TransactionalBatch<T, ?>) handler;
        return transactional(unit, batchOf(batch));
    }

    private Mono<List<Ended>> plain(DeliveryUnit<T> unit, Supplier<@Nullable Mono<Void>> handler) {
        Supplier<List<Ended>> completed = () -> unit.end(row -> Ended.attempted(row, Outcome.COMPLETED, unit.nanos()));
        return handle(unit, handler, completed, error -> endedBy(unit, error));
    }

    /** One transaction: what is done already is left out, the rest is handled, and both commit together. */
    private Mono<List<Ended>> transactional(DeliveryUnit<T> unit, TransactionalCall<T> handler) {
        return node.transactions()
                .run(
                        connection -> take(connection, unit.rows()),
                        (connection, taken) -> retain(unit, taken, connection)
                                .doOnNext(owed -> markAttempted(unit, owed))
                                .flatMap(owed -> handleOwed(owed, handler, connection)))
                .onErrorResume(error -> Mono.just(endedBy(unit, error)));
    }

    private Mono<List<Long>> take(Connection connection, List<Claimed> rows) {
        return node.taking().beginAndTake(connection, consumer.id(), rows, longestIdle());
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
        // The connection's answer came on a thread of the driver. What follows the handler stays outside: its end would
        // interrupt a handler that has completed and is not back yet.
        return handleHere(owed, handler, connection)
                .subscribeOn(threads)
                .flatMap(handled -> handled(handled, connection));
    }

    private Mono<DeliveryUnit<T>> handleHere(
            DeliveryUnit<T> owed, TransactionalCall<T> handler, BusConnection connection) {
        return handle(owed, () -> handler.call(owed, connection), () -> owed, error -> null);
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

    private <R> Mono<R> handle(
            DeliveryUnit<T> unit,
            Supplier<@Nullable Mono<Void>> handler,
            Supplier<R> result,
            HandlerCall.Failed<R> failed) {
        unit.attempt();
        Duration timeout = spec.options().timeout();
        Delivery delivery = spec.isBatch() ? null : delivery(unit.rows().get(0));
        return new HandlerCall<>(
                handler, result, failed, delivery, deadlines, () -> unit.timedOut(spec.name(), timeout));
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

    private static <T, C> TransactionalCall<T> eachOf(Handler.TransactionalEach<T, C> handler) {
        return (owed, connection) ->
                handler.function().apply(owed.event(), handler.transaction().cast(connection));
    }

    private static <T, C> TransactionalCall<T> batchOf(Handler.TransactionalBatch<T, C> handler) {
        return (owed, connection) ->
                handler.function().apply(owed.events(), handler.transaction().cast(connection));
    }

    /** The transaction is to be rolled back, and nothing of it recorded. */
    private static final class LeaseOverException extends RuntimeException {

        LeaseOverException() {
            super("This node's lease was over before the handler ended", null, false, false);
        }
    }

    /** The transaction is to be rolled back: the unit has ended without its handler. */
    private static final class NotHandledException extends RuntimeException {

        NotHandledException() {
            super("There is nothing to handle", null, false, false);
        }
    }

    @FunctionalInterface
    private interface TransactionalCall<T> {
        @Nullable
        Mono<Void> call(DeliveryUnit<T> owed, Connection connection);
    }
}
