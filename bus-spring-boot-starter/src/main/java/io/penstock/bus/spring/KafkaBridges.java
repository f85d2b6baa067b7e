package io.penstock.bus.spring;

import io.penstock.bus.EventBus;
import io.penstock.bus.kafka.IngressOptions;
import io.penstock.bus.kafka.KafkaBridgeListener;
import io.penstock.bus.kafka.KafkaIngress;
import io.penstock.bus.kafka.KafkaRelay;
import io.penstock.bus.kafka.RelayOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Starts the application's relays and ingresses once it is ready, and closes them before the bus. */
final class KafkaBridges implements SmartLifecycle, ApplicationListener<ApplicationReadyEvent> {

    private final ApplicationContext context;
    private final EventBus bus;
    private final List<RelayOptions> relays;
    private final List<IngressOptions> ingresses;
    private final KafkaBridgeListener[] listeners;
    private final Duration startTimeout;
    private final List<Supplier<Mono<Void>>> closing = new ArrayList<>();
    private boolean ready;
    private volatile boolean started;

    KafkaBridges(
            ApplicationContext context,
            EventBus bus,
            List<RelayOptions> relays,
            List<IngressOptions> ingresses,
            List<KafkaBridgeListener> listeners,
            ConsumerSettings settings,
            Duration startTimeout) {
        relays.forEach(relay -> settings.requireUntuned(relay.name()));
        this.context = context;
        this.bus = bus;
        this.relays = relays.stream()
                .filter(relay -> settings.isEnabled(relay.name()))
                .toList();
        this.ingresses = ingresses;
        this.listeners = listeners.toArray(KafkaBridgeListener[]::new);
        this.startTimeout = startTimeout;
    }

    @Override
    public synchronized void onApplicationEvent(ApplicationReadyEvent event) {
        if (event.getApplicationContext() == context && !ready) {
            ready = true;
            open();
        }
    }

    /** Once the application is ready, it was paused or stopped and goes on. */
    @Override
    public synchronized void start() {
        started = true;
        if (ready) {
            open();
        }
    }

    private void open() {
        relays.forEach(this::relay);
        ingresses.forEach(this::ingress);
    }

    private void relay(RelayOptions options) {
        KafkaRelay relay = KafkaRelay.create(bus, options, listeners);
        closing.add(relay::close);
        relay.start().block(startTimeout);
    }

    private void ingress(IngressOptions options) {
        KafkaIngress ingress = KafkaIngress.create(bus, options, listeners);
        closing.add(ingress::close);
        ingress.start().block(startTimeout);
    }

    @Override
    public void stop() {
        close().block();
    }

    @Override
    public void stop(Runnable stopped) {
        close().subscribe(null, error -> stopped.run(), stopped);
    }

    private synchronized Mono<Void> close() {
        List<Supplier<Mono<Void>>> open = List.copyOf(closing);
        closing.clear();
        return Flux.fromIterable(open).flatMap(Supplier::get).then().doOnTerminate(() -> started = false);
    }

    @Override
    public boolean isRunning() {
        return started;
    }
}
