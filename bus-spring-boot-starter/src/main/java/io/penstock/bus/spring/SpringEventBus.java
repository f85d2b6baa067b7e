package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DelegatingEventBus;
import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.InvalidEventException;
import io.penstock.bus.PublishResult;
import io.penstock.bus.RunningConsumer;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.spi.ConnectionFactory;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The bus as a Spring application sees it. What is published in Spring's reactive transaction is stored by it and told
 * of after its commit; outside of one the bus's own group commit stores it. Thread-safe.
 */
final class SpringEventBus extends DelegatingEventBus {

    private final R2dbcEventBus bus;
    private final Set<ConnectionFactory> joined;
    private final Tracing tracing;
    private final ConsumerSettings settings;
    private final DeliveryDecoration decoration;

    SpringEventBus(
            R2dbcEventBus bus,
            Set<ConnectionFactory> joined,
            ConsumerSettings settings,
            Tracing tracing,
            HandlerTimes times) {
        super(bus);
        this.bus = bus;
        this.joined = joined;
        this.tracing = tracing;
        this.settings = settings;
        this.decoration = new DeliveryDecoration(new DeliveryTransaction(joined), tracing, times);
    }

    @Override
    public Mono<Void> publish(Event<?> event) {
        return Mono.deferContextual(context -> tracing.publish(Causation.of(event, context), this::store));
    }

    @Override
    public Flux<PublishResult> publishAll(Publisher<? extends Event<?>> events) {
        Flux<Event<?>> traced = Flux.deferContextual(
                context -> Flux.from(events).concatMap(event -> traced(Causation.of(event, context))));
        return AmbientTransaction.current(joined)
                .flatMapMany(ambient -> ambient.map(transaction -> storeAll(transaction, traced))
                        .orElseGet(() -> bus.publishAll(traced)));
    }

    @Override
    public Mono<RunningConsumer> subscribe(ConsumerSpec<?> consumer) {
        return Mono.defer(() -> bus.subscribe(decoration.apply(settings.apply(consumer))));
    }

    private Mono<Void> store(Event<?> event) {
        return AmbientTransaction.current(joined)
                .flatMap(ambient ->
                        ambient.map(transaction -> store(transaction, event)).orElseGet(() -> bus.publish(event)));
    }

    private Mono<Void> store(AmbientTransaction transaction, Event<?> event) {
        return bus.publish(transaction.connection(), event)
                .doOnNext(publication -> transaction.afterCommit(publication::committed))
                .then();
    }

    /** One after the other, as the caller's transaction has one connection. */
    private Flux<PublishResult> storeAll(AmbientTransaction transaction, Flux<Event<?>> events) {
        return events.concatMap(event -> store(transaction, event)
                .thenReturn(new PublishResult(event.id(), null))
                .onErrorResume(SpringEventBus::isRefusal, error -> Mono.just(new PublishResult(event.id(), error))));
    }

    private static boolean isRefusal(Throwable error) {
        return error instanceof InvalidEventException || error instanceof DuplicateEventException;
    }

    /** What the event of a stream is stored as; when it is, the batch decides. */
    private Mono<Event<?>> traced(Event<?> event) {
        return Mono.defer(() -> {
            AtomicReference<Event<?>> traced = new AtomicReference<>(event);
            return tracing.publish(event, stored -> Mono.fromRunnable(() -> traced.set(stored)))
                    .then(Mono.fromCallable(traced::get));
        });
    }
}
