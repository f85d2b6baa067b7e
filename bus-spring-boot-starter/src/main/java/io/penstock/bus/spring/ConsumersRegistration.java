package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Registers the application's consumers as soon as the bus is there: what runners and requests publish before the
 * application is ready, and its consumers run, is owed to them. Waits for it, as Spring's lifecycle wants it.
 */
final class ConsumersRegistration implements SmartLifecycle {

    private final R2dbcEventBus bus;
    private final ConsumerCatalog catalog;
    private final Duration startTimeout;
    private volatile boolean running;

    ConsumersRegistration(R2dbcEventBus bus, ConsumerCatalog catalog, Duration startTimeout) {
        this.bus = bus;
        this.catalog = catalog;
        this.startTimeout = startTimeout;
    }

    @Override
    public void start() {
        Flux.fromIterable(catalog.enabled()).concatMap(this::register).blockLast();
        running = true;
    }

    private Mono<Void> register(ConsumerSpec<?> spec) {
        return bus.register(spec).timeout(startTimeout, Mono.error(() -> tooLate(spec)));
    }

    private IllegalStateException tooLate(ConsumerSpec<?> spec) {
        return new IllegalStateException("Consumer '" + spec.name() + "' was not registered within"
                + " penstock.start-timeout=" + startTimeout + ": the database does not answer");
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return BusLifecycle.PHASE + 1;
    }
}
