package io.penstock.bus.spring;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DeadLetters;
import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.InvalidEventException;
import io.penstock.bus.PublishResult;
import io.penstock.bus.RawJson;
import io.penstock.bus.RunningConsumer;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.spi.ConnectionFactory;
import java.util.Set;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The bus as a Spring application sees it. What is published in Spring's reactive transaction is stored by it and told
 * of after its commit; outside of one the bus's own group commit stores it. Thread-safe.
 */
final class SpringEventBus implements EventBus {

    private final R2dbcEventBus bus;
    private final Set<ConnectionFactory> joined;
    private final DeliveryDecoration decoration;

    SpringEventBus(R2dbcEventBus bus, Set<ConnectionFactory> joined, DeliveryDecoration decoration) {
        this.bus = bus;
        this.joined = joined;
        this.decoration = decoration;
    }

    @Override
    public Mono<Void> publish(Event<?> event) {
        return AmbientTransaction.current(joined)
                .flatMap(ambient ->
                        ambient.map(transaction -> publish(transaction, event)).orElseGet(() -> bus.publish(event)));
    }

    @Override
    public Flux<PublishResult> publishAll(Publisher<? extends Event<?>> events) {
        return AmbientTransaction.current(joined)
                .flatMapMany(ambient -> ambient.map(transaction -> publishAll(transaction, events))
                        .orElseGet(() -> bus.publishAll(events)));
    }

    @Override
    public Mono<RunningConsumer> subscribe(ConsumerSpec<?> consumer) {
        return Mono.defer(() -> bus.subscribe(decoration.apply(consumer)));
    }

    private Mono<Void> publish(AmbientTransaction transaction, Event<?> event) {
        return bus.publish(transaction.connection(), event)
                .doOnNext(publication -> transaction.afterCommit(publication::committed))
                .then();
    }

    /** One after the other, as the caller's transaction has one connection. */
    private Flux<PublishResult> publishAll(AmbientTransaction transaction, Publisher<? extends Event<?>> events) {
        return Flux.from(events)
                .concatMap(event -> publish(transaction, event)
                        .thenReturn(new PublishResult(event.id(), null))
                        .onErrorResume(
                                error -> error instanceof InvalidEventException
                                        || error instanceof DuplicateEventException,
                                error -> Mono.just(new PublishResult(event.id(), error))));
    }

    @Override
    public Flux<Event<RawJson>> tail(String... patterns) {
        return bus.tail(patterns);
    }

    @Override
    public Mono<Boolean> deleteConsumer(String name) {
        return bus.deleteConsumer(name);
    }

    @Override
    public Mono<Void> pause(String consumer) {
        return bus.pause(consumer);
    }

    @Override
    public Mono<Void> resume(String consumer) {
        return bus.resume(consumer);
    }

    @Override
    public DeadLetters deadLetters() {
        return bus.deadLetters();
    }

    @Override
    public Mono<BusStats> stats() {
        return bus.stats();
    }

    @Override
    public Mono<Void> close() {
        return bus.close();
    }
}
