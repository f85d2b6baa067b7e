package io.penstock.bus.spring;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.penstock.bus.BusListener;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.Delivery;
import io.penstock.bus.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts and times what the bus tells of. Tags are consumers and outcomes, never types, keys or ids. */
final class MicrometerBusListener implements BusListener {

    private final MeterRegistry registry;
    private final Counter published;
    private final Counter failedSteps;
    private final Map<String, AtomicInteger> leases = new ConcurrentHashMap<>();
    private final AtomicInteger connected = new AtomicInteger();

    MicrometerBusListener(MeterRegistry registry) {
        this.registry = registry;
        this.published = Counter.builder("penstock.published")
                .description("Events written to the outbox")
                .register(registry);
        this.failedSteps = Counter.builder("penstock.step.failures")
                .description("Steps of the bus itself that failed and are tried again")
                .register(registry);
        Gauge.builder("penstock.listener.connected", connected, AtomicInteger::get)
                .description("1 while this node hears the signals of others")
                .register(registry);
    }

    @Override
    public void published(int events) {
        published.increment(events);
    }

    @Override
    public void started(Delivery delivery) {
        if (delivery.attempt() == 1) {
            Timer.builder("penstock.delivery.lag")
                    .description("From the event's occurrence to the start of its first handler run")
                    .tag("consumer", delivery.consumer())
                    .register(registry)
                    .record(lag(delivery));
        }
    }

    @Override
    public void completed(Delivery delivery, Duration handling) {
        count(delivery.consumer(), "completed");
        Timer.builder("penstock.handler")
                .description("Successful runs of handlers")
                .tag("consumer", delivery.consumer())
                .register(registry)
                .record(handling);
    }

    @Override
    public void duplicate(Delivery delivery) {
        count(delivery.consumer(), "duplicate");
    }

    @Override
    public void retried(Delivery delivery, Outcome.Retry retry) {
        count(delivery.consumer(), "retried");
    }

    @Override
    public void deadLettered(DeadLetter letter) {
        count(letter.consumer(), "dead");
    }

    @Override
    public void released(Delivery delivery, Outcome.Released released) {
        count(delivery.consumer(), "released");
    }

    @Override
    public void leased(String consumer, Collection<Integer> partitions) {
        leases(consumer).addAndGet(partitions.size());
    }

    @Override
    public void unleased(String consumer, Collection<Integer> partitions) {
        leases(consumer).addAndGet(-partitions.size());
    }

    @Override
    public void listening() {
        connected.set(1);
    }

    @Override
    public void notListening(Throwable cause) {
        connected.set(0);
    }

    @Override
    public void failed(String step, Throwable error) {
        failedSteps.increment();
    }

    private void count(String consumer, String outcome) {
        Counter.builder("penstock.deliveries")
                .description("Deliveries by how they ended")
                .tag("consumer", consumer)
                .tag("outcome", outcome)
                .register(registry)
                .increment();
    }

    private AtomicInteger leases(String consumer) {
        return leases.computeIfAbsent(
                consumer, name -> registry.gauge("penstock.leases", Tags.of("consumer", name), new AtomicInteger()));
    }

    /** By two clocks, which may disagree. */
    private static Duration lag(Delivery delivery) {
        Duration lag = Duration.between(delivery.event().occurredAt(), Instant.now());
        return lag.isNegative() ? Duration.ZERO : lag;
    }
}
