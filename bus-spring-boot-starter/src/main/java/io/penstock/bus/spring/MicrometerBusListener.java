package io.penstock.bus.spring;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
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
    private final Map<Ending, Counter> endings = new ConcurrentHashMap<>();
    private final Map<String, Timer> lags = new ConcurrentHashMap<>();
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
            lags.computeIfAbsent(delivery.consumer(), this::lagTimer).record(lag(delivery));
        }
    }

    @Override
    public void completed(Delivery delivery, Duration handling) {
        count(delivery.consumer(), "completed");
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
        endings.computeIfAbsent(new Ending(consumer, outcome), this::counter).increment();
    }

    private Counter counter(Ending ending) {
        return Counter.builder("penstock.deliveries")
                .description("Deliveries by how they ended")
                .tag("consumer", ending.consumer())
                .tag("outcome", ending.outcome())
                .register(registry);
    }

    private Timer lagTimer(String consumer) {
        return Timer.builder("penstock.delivery.lag")
                .description(
                        "From the event's occurrence, or the time it was to be delivered, to its first handler run")
                .tag("consumer", consumer)
                .register(registry);
    }

    private AtomicInteger leases(String consumer) {
        return leases.computeIfAbsent(consumer, this::leasesGauge);
    }

    private AtomicInteger leasesGauge(String consumer) {
        AtomicInteger held = new AtomicInteger();
        Gauge.builder("penstock.leases", held, AtomicInteger::get)
                .description("Partitions this node holds")
                .tag("consumer", consumer)
                .register(registry);
        return held;
    }

    /** By two clocks, which may disagree. */
    private static Duration lag(Delivery delivery) {
        Instant deliverAt = delivery.event().deliverAt();
        Instant from = deliverAt == null ? delivery.event().occurredAt() : deliverAt;
        Duration lag = Duration.between(from, Instant.now());
        return lag.isNegative() ? Duration.ZERO : lag;
    }

    private record Ending(String consumer, String outcome) {}
}
