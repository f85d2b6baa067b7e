package io.penstock.bus.spring.test;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DeadLetters;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.PublishResult;
import io.penstock.bus.RawJson;
import io.penstock.bus.RunningConsumer;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The application's bus, whose consumers follow the test's script. */
record ScriptedEventBus(EventBus bus, HandlerScript script) implements EventBus {

    @Override
    public Mono<RunningConsumer> subscribe(ConsumerSpec<?> consumer) {
        return Mono.defer(() -> bus.subscribe(script.apply(consumer)));
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
