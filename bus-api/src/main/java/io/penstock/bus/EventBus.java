package io.penstock.bus;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Stores events and brings each to every consumer registered for its type, at least once. Thread-safe. */
public interface EventBus {

    /**
     * Publishes one event in a transaction of its own, shared with whatever else is being published just then.
     *
     * <p>On subscribe the event is checked and queued; completes, empty, once it is committed. Cancelling leaves the
     * event as it is: stored, or about to be. Errors with {@link InvalidEventException}, {@link
     * DuplicateEventException}, {@link PublishRejectedException} (none of which stored anything), {@link
     * PublishOutcomeUnknownException}, or as the database does when it refused the statement. Each subscription publishes again.
     */
    Mono<Void> publish(Event<?> event);

    /**
     * Publishes a stream of events in its order, with backpressure, each batch in a transaction of its own.
     *
     * <p>On subscribe the events are requested as fast as they are stored. Emits one result for each event, in order,
     * after its commit; an event that is refused or repeated is reported there and the stream goes on. Cancelling
     * stops requesting; what was taken is still stored. Errors when the source or the database does; when the database does, no later event of the stream is stored.
     */
    Flux<PublishResult> publishAll(Publisher<? extends Event<?>> events);

    /**
     * Registers a consumer, if its name is new, and starts its handler here.
     *
     * <p>On subscribe it is registered in a transaction of its own. Emits the running consumer once that is committed:
     * every event published from then on is owed to it. Type patterns are added to those already registered under the
     * name, never taken away, so that nodes of two versions can run side by side. Cancelling may leave it registered.
     * Errors with {@link InvalidConsumerException} when the name already runs on this bus or differs from what is
     * registered in what is fixed.
     */
    Mono<RunningConsumer> subscribe(ConsumerSpec<?> consumer);

    /**
     * The events of these types, as they are committed from now on, whoever publishes them: for watching, not for work.
     *
     * <p>On subscribe it is remembered where the outbox ends; emits each event within a fraction of a second of its
     * commit, mostly in the order of publishing. Nothing is stored about it and nothing repeated: an event whose
     * transaction was open on subscribe, or stays open while ten thousand others are committed, may be missed. Nothing
     * overflows: events are read as they are requested, so a slow subscriber sees them later, as long as they are
     * retained. Completes when the bus is closed; cancelling ends it. Errors with {@link InvalidConsumerException} for a malformed
     * pattern, or as the database does.
     *
     * @param patterns {@code order.placed}, {@code order.*} or {@code *}, at least one
     */
    Flux<Event<RawJson>> tail(String... patterns);

    /**
     * Removes a consumer and everything it is still owed, dead letters too, for good; emits whether there was one.
     * On subscribe, in a transaction of its own; cancelling does not undo it. Errors with {@link InvalidConsumerException} while it runs on this bus.
     */
    Mono<Boolean> deleteConsumer(String name);

    /**
     * Stops a consumer on all nodes, for good: until {@link #resume} nobody begins its handler, also after a restart.
     * Events go on being owed to it.
     *
     * <p>On subscribe that is stored in a transaction of its own; completes, empty, when this node begins nothing more.
     * Other nodes follow by a signal, at the latest with their next poll; handlers that run end as usual.
     * Cancelling does not undo it. Errors with {@link InvalidConsumerException} when no such consumer is registered.
     */
    Mono<Void> pause(String consumer);

    /** Lets a consumer go on, as {@link #pause} stopped it; of one that is not paused, nothing changes. */
    Mono<Void> resume(String consumer);

    DeadLetters deadLetters();

    /** Emits where each consumer stands, from one snapshot taken on subscribe; errors as the database does. */
    Mono<BusStats> stats();

    /**
     * Stops taking events, lets running handlers end within the grace time, records what they did, releases the rest
     * for other nodes, and completes: within the grace time and, with a database that does not answer, some seconds for
     * each step. Cancelling does not keep it open. Never errors. Subscribing twice waits for the
     * same end.
     */
    Mono<Void> close();
}
