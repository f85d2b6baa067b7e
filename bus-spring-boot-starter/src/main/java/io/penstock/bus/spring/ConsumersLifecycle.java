package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.EventBus;
import io.penstock.bus.RunningConsumer;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Subscribes the application's consumers once it is ready, and stops them, drained, before anything else is stopped.
 */
final class ConsumersLifecycle implements SmartLifecycle, ApplicationListener<ApplicationReadyEvent> {

    private final ApplicationContext context;
    private final EventBus bus;
    private final ConsumerCatalog catalog;
    private final Duration startTimeout;
    private volatile List<RunningConsumer> running = List.of();
    private volatile boolean ready;
    private volatile boolean started;

    ConsumersLifecycle(ApplicationContext context, EventBus bus, ConsumerCatalog catalog, Duration startTimeout) {
        this.context = context;
        this.bus = bus;
        this.catalog = catalog;
        this.startTimeout = startTimeout;
    }

    /** The context of the application alone: those below it, as of the management server, tell of themselves too. */
    @Override
    public void onApplicationEvent(ApplicationReadyEvent event) {
        if (event.getApplicationContext() == context && !ready) {
            ready = true;
            subscribeAll();
        }
    }

    /** Before the application is ready nothing is subscribed; after that, it was paused or stopped and goes on. */
    @Override
    public void start() {
        started = true;
        if (ready) {
            subscribeAll();
        }
    }

    private void subscribeAll() {
        running = Flux.fromIterable(catalog.enabled())
                .concatMap(this::subscribe)
                .collectList()
                .blockOptional()
                .orElse(List.of());
    }

    private Mono<RunningConsumer> subscribe(ConsumerSpec<?> spec) {
        return bus.subscribe(spec).timeout(startTimeout, Mono.error(() -> tooLate(spec)));
    }

    private IllegalStateException tooLate(ConsumerSpec<?> spec) {
        return new IllegalStateException("Consumer '" + spec.name() + "' was not subscribed within"
                + " penstock.start-timeout=" + startTimeout + ": the database does not answer");
    }

    @Override
    public void stop() {
        stopConsumers().block();
    }

    @Override
    public void stop(Runnable stopped) {
        stopConsumers().subscribe(null, error -> stopped.run(), stopped);
    }

    private Mono<Void> stopConsumers() {
        return Flux.fromIterable(running)
                .flatMap(RunningConsumer::unsubscribe, Integer.MAX_VALUE)
                .then()
                .doOnTerminate(this::forget);
    }

    private void forget() {
        running = List.of();
        started = false;
    }

    @Override
    public boolean isRunning() {
        return started;
    }
}
