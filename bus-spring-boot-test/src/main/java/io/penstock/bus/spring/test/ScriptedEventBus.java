package io.penstock.bus.spring.test;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DelegatingEventBus;
import io.penstock.bus.EventBus;
import io.penstock.bus.RunningConsumer;
import reactor.core.publisher.Mono;

/** The application's bus, whose consumers follow the test's script. */
final class ScriptedEventBus extends DelegatingEventBus {

    private final HandlerScript script;

    ScriptedEventBus(EventBus bus, HandlerScript script) {
        super(bus);
        this.script = script;
    }

    @Override
    public Mono<RunningConsumer> subscribe(ConsumerSpec<?> consumer) {
        return Mono.defer(() -> super.subscribe(script.apply(consumer)));
    }
}
