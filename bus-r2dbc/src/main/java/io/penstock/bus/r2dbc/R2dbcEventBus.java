package io.penstock.bus.r2dbc;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DeadLetters;
import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.InvalidConsumerException;
import io.penstock.bus.InvalidEventException;
import io.penstock.bus.PublishOutcomeUnknownException;
import io.penstock.bus.PublishResult;
import io.penstock.bus.RawJson;
import io.penstock.bus.RunningConsumer;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The event bus on PostgreSQL. Publishing works as soon as the schema is there; consumers run after {@link #start()}.
 *
 * <p>Takes its own few connections from what lies beneath the given factory, if that is a pool; the transactions of
 * handlers and of {@link #inTransaction} come from the given factory itself. Thread-safe.
 */
public final class R2dbcEventBus implements EventBus {

    private static final Duration FOR_GOOD = Duration.ofDays(36_500);
    private static final Duration CLOSING = Duration.ofSeconds(5);

    private final Node node;
    private final TransactionalOutbox outbox;
    private final OutboxWriter writer;
    private final Subscriptions subscriptions;
    private final Consumers consumers;
    private final Retention retention;
    private final DeadLetterQueue deadLetters;
    private final Statistics statistics;
    private final Tail tail;
    private final Sinks.Empty<Void> closed = Sinks.empty();
    private final Mono<Void> starting;
    private final Mono<Void> closing;

    private R2dbcEventBus(Node node) {
        this.node = node;
        Outbox rows = new Outbox(node);
        this.outbox = new TransactionalOutbox(node, rows);
        this.writer = new OutboxWriter(node, rows);
        this.consumers = new Consumers(node.database());
        this.subscriptions = new Subscriptions(node, consumers);
        this.retention = new Retention(node);
        this.deadLetters = new DeadLetterQueue(node.database(), node.wakeUp());
        this.statistics = new Statistics(node.database(), subscriptions::running);
        this.tail = new Tail(node.database());
        this.starting = Mono.defer(this::doStart).cache(started -> FOR_GOOD, error -> Duration.ZERO, () -> FOR_GOOD);
        this.closing = Mono.defer(this::doClose).cache();
    }

    /** A bus with the default options; no I/O happens yet. */
    public static R2dbcEventBus create(ConnectionFactory application) {
        return create(application, BusOptions.DEFAULTS);
    }

    /** A bus with the given options; no I/O happens yet. */
    public static R2dbcEventBus create(ConnectionFactory application, BusOptions options) {
        return new R2dbcEventBus(Node.of(application, options));
    }

    /**
     * Prepares the schema as the options say, opens the bus's connections and starts what runs in the background.
     * Those that are not open within a second are opened when they are needed.
     *
     * <p>Completes, empty, when consumers can be subscribed. Cancelling does not stop a start under way. Errors with
     * {@link io.penstock.bus.SchemaException}, as the database does, or with {@code IllegalStateException} when the bus is
     * closed meanwhile, and can then be subscribed to again; once it has succeeded, later subscriptions complete at once.
     */
    public Mono<Void> start() {
        return starting;
    }

    @Override
    public Mono<Void> publish(Event<?> event) {
        return writer.publish(event);
    }

    @Override
    public Flux<PublishResult> publishAll(Publisher<? extends Event<?>> events) {
        return writer.publishAll(events);
    }

    /**
     * Publishes in the caller's transaction: the event is stored if and only if that commits.
     *
     * <p>On subscribe the event is checked, then exactly one statement runs on the connection, which is neither
     * committed nor closed. Emits a handle for waking the consumers after the commit. Cancelling cancels the statement
     * as the driver does. Errors with {@link InvalidEventException} before any SQL, or {@link DuplicateEventException};
     * after either the transaction goes on.
     */
    public Mono<Publication> publish(Connection connection, Event<?> event) {
        return publishAll(connection, List.of(event));
    }

    /** As {@link #publish(Connection, Event)}, for several events with one statement, stored in their order. */
    public Mono<Publication> publishAll(Connection connection, List<? extends Event<?>> events) {
        return outbox.publish(connection, events);
    }

    /**
     * Runs the work in a transaction on a connection of the application's, commits it and wakes the consumers.
     *
     * <p>On subscribe a connection is taken and a transaction begun; emits what the work emits, after the commit. An
     * error of the work, or a cancel before the commit, rolls everything back. Errors as the work does, or with {@link
     * PublishOutcomeUnknownException} when the connection broke in the commit.
     */
    public <T> Mono<T> inTransaction(Function<BusTransaction, Mono<T>> work) {
        return node.transactions().run(connection -> work.apply(new BusTransaction(outbox, connection)));
    }

    /**
     * Registers a consumer without running its handler here: every event published from then on is owed to it.
     *
     * <p>On subscribe it is registered in a transaction of its own; completes, empty, once that is committed. Cancelling
     * may leave it registered. Errors as {@link #subscribe} does, or as the database does.
     */
    public Mono<Void> register(ConsumerSpec<?> consumer) {
        return Mono.defer(() -> consumers.register(consumer)).then();
    }

    @Override
    public Mono<RunningConsumer> subscribe(ConsumerSpec<?> consumer) {
        return subscriptions.subscribe(consumer);
    }

    @Override
    public Flux<Event<RawJson>> tail(String... patterns) {
        return tail.follow(patterns).takeUntilOther(closed.asMono());
    }

    @Override
    public Mono<Boolean> deleteConsumer(String name) {
        return Mono.defer(() -> subscriptions.isRunning(name)
                ? Mono.error(new InvalidConsumerException(
                        "Consumer '" + name + "' runs on this bus: unsubscribe it before it is deleted"))
                : consumers.delete(name));
    }

    @Override
    public Mono<Void> pause(String consumer) {
        return subscriptions.pause(consumer, true);
    }

    @Override
    public Mono<Void> resume(String consumer) {
        return subscriptions.pause(consumer, false);
    }

    @Override
    public DeadLetters deadLetters() {
        return deadLetters;
    }

    @Override
    public Mono<BusStats> stats() {
        return statistics.read();
    }

    /** Removes finished events past their retention now; emits how many. It also happens by itself. */
    public Mono<Long> retire() {
        return retention.retire();
    }

    @Override
    public Mono<Void> close() {
        return closing;
    }

    private Mono<Void> doStart() {
        return new SchemaMigrator(node.database())
                .prepare(node.options().schemaMode())
                // Where few are let in, the leases come first.
                .then(node.upkeep().fill())
                .then(node.database().fill())
                .then(Mono.fromRunnable(this::startLoops));
    }

    private void startLoops() {
        subscriptions.start();
        retention.start();
    }

    private Mono<Void> doClose() {
        closed.tryEmitEmpty();
        retention.stop();
        // Handlers that still run may publish.
        return within(subscriptions.close())
                .then(within(Mono.defer(writer::close)))
                .then(within(Mono.defer(node.wakeUp()::close)))
                .then(within(node.upkeep().close()))
                .then(within(node.database().close()));
    }

    /** With the database gone a step may never end, and what it would have told others they find out by themselves. */
    private Mono<Void> within(Mono<Void> step) {
        Duration most = node.options().grace().plus(CLOSING);
        return step.timeout(most).onErrorResume(this::reportClose);
    }

    private Mono<Void> reportClose(Throwable error) {
        node.listener().failed("close", error);
        return Mono.empty();
    }
}
