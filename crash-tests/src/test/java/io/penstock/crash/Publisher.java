package io.penstock.crash;

import io.penstock.bus.BusListener;
import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.PublishOutcomeUnknownException;
import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.pool.ConnectionPool;
import java.time.Duration;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An application that only publishes, in the rig's own JVM, and notes in the history what it is told. */
final class Publisher implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final History history;
    private final ConnectionPool connections;
    private final R2dbcEventBus bus;

    Publisher(History history, int port, String database) {
        this.history = history;
        this.connections = Database.pool(Database.connections(port, database, "read committed"));
        this.bus = R2dbcEventBus.create(
                connections,
                BusOptions.builder()
                        .node("publisher")
                        .listener(BusListener.NONE)
                        .grace(Duration.ofSeconds(5))
                        .build());
    }

    static Event<Work> event(String key, Work work) {
        return Event.builder(work).key(key).build();
    }

    /** Publishes one and returns how it went. */
    History.Outcome publish(Event<Work> event) {
        return note(event, bus.publish(event)).block(PATIENCE);
    }

    /** The same through a transaction of the bus. */
    History.Outcome publishInTransaction(Event<Work> event) {
        return note(event, bus.inTransaction(tx -> tx.publish(event))).block(PATIENCE);
    }

    /** So many events for each of so many keys: side by side for different keys, one after the other within a key. */
    void publish(int keys, int each, Work work) {
        publish("key", keys, each, work);
    }

    void publish(String prefix, int keys, int each, Work work) {
        flow(keys, key -> Flux.range(0, each).concatMap(n -> noted(prefix + "-" + key, work)))
                .blockLast(PATIENCE);
    }

    /** Goes on until it is disposed of, whatever becomes of the single publish. */
    Disposable keepPublishing(int keys, Duration pause) {
        return flow(
                        keys,
                        key -> Mono.defer(() -> noted("key-" + key, Work.PLAIN))
                                .delayElement(pause)
                                .repeat())
                .subscribe();
    }

    private static Flux<History.Outcome> flow(int keys, IntFunction<Flux<History.Outcome>> ofKey) {
        return Flux.merge(IntStream.range(0, keys).mapToObj(ofKey).toList());
    }

    private Mono<History.Outcome> noted(String key, Work work) {
        return Mono.defer(() -> {
            Event<Work> event = event(key, work);
            return note(event, bus.publish(event));
        });
    }

    private Mono<History.Outcome> note(Event<Work> event, Mono<?> publishing) {
        return Mono.fromRunnable(() -> history.invoke(event.id(), event.key()))
                .then(publishing)
                .thenReturn(History.Outcome.OK)
                .onErrorResume(error -> Mono.just(outcome(error)))
                .doOnNext(outcome -> history.end(event.id(), outcome));
    }

    /** A repeated id says that it is stored, which is what its publisher wanted to know. */
    private static History.Outcome outcome(Throwable error) {
        if (error instanceof DuplicateEventException) {
            return History.Outcome.OK;
        }
        if (error instanceof PublishOutcomeUnknownException) {
            return History.Outcome.UNKNOWN;
        }
        System.out.println("not published: " + error);
        return History.Outcome.FAIL;
    }

    @Override
    public void close() {
        bus.close().block(PATIENCE);
        connections.disposeLater().onErrorComplete().block(PATIENCE);
    }
}
