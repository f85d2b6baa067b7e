package io.penstock.bus;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A bus that leaves everything to another one: extend it to change some of that. As thread-safe as the other one. */
public abstract class DelegatingEventBus implements EventBus {

    private final EventBus bus;

    protected DelegatingEventBus(EventBus bus) {
        this.bus = bus;
    }

    @Override
    public Mono<Void> publish(Event<?> event) {
        return bus.publish(event);
    }

    @Override
    public Flux<PublishResult> publishAll(Publisher<? extends Event<?>> events) {
        return bus.publishAll(events);
    }

    @Override
    public Mono<RunningConsumer> subscribe(ConsumerSpec<?> consumer) {
        return bus.subscribe(consumer);
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
