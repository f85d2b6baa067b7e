package io.penstock.bus.spring;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.penstock.bus.Event;
import io.penstock.bus.kafka.KafkaBridgeListener;
import io.penstock.bus.kafka.RecordPosition;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts and times what relays and ingresses tell of. Tags are their names and steps, never topics, types or keys. */
final class MicrometerBridgeListener implements KafkaBridgeListener {

    private final MeterRegistry registry;
    private final Map<String, Lag> lags = new ConcurrentHashMap<>();

    MicrometerBridgeListener(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void relayed(String relay, int records, Duration sending) {
        relay(relay, "relayed", records);
        Timer.builder("penstock.kafka.send")
                .description("From giving records to Kafka to the last acknowledgement")
                .tag("relay", relay)
                .register(registry)
                .record(sending);
    }

    @Override
    public void refused(String relay, Event<?> event, String topic, Throwable error) {
        relay(relay, "refused", 1);
    }

    @Override
    public void passedOver(String relay, Event<?> event) {
        relay(relay, "passed-over", 1);
    }

    @Override
    public void outage(String relay, String topic, Throwable error, Duration pause) {
        Counter.builder("penstock.kafka.outages")
                .description("Times a topic took nothing and was left alone")
                .tag("relay", relay)
                .register(registry)
                .increment();
    }

    @Override
    public void lag(String relay, long events, Duration oldest) {
        lags.computeIfAbsent(relay, this::gauges).now = new Owed(events, oldest);
    }

    @Override
    public void ingested(String ingress, int events, int duplicates, Duration storing) {
        ingress(ingress, "ingested", events);
        ingress(ingress, "duplicate", duplicates);
        Timer.builder("penstock.kafka.store")
                .description("From a poll to the commit of its records in the database")
                .tag("ingress", ingress)
                .register(registry)
                .record(storing);
    }

    @Override
    public void diverted(String ingress, RecordPosition position, String reason) {
        ingress(ingress, "diverted", 1);
    }

    @Override
    public void ignored(String ingress, RecordPosition position, String reason) {
        ingress(ingress, "ignored", 1);
    }

    @Override
    public void curtailed(String ingress, RecordPosition position, Collection<String> headers) {
        Counter.builder("penstock.kafka.curtailed")
                .description("Events without some headers of their records")
                .tag("ingress", ingress)
                .register(registry)
                .increment();
    }

    @Override
    public void failed(String name, String step, Throwable error) {
        Counter.builder("penstock.kafka.step.failures")
                .description("Steps of relays and ingresses that failed and are tried again")
                .tag("bridge", name)
                .tag("step", step)
                .register(registry)
                .increment();
    }

    private void relay(String relay, String outcome, int events) {
        Counter.builder("penstock.kafka.relay")
                .description("Events of relays by how they ended")
                .tag("relay", relay)
                .tag("outcome", outcome)
                .register(registry)
                .increment(events);
    }

    private void ingress(String ingress, String outcome, int records) {
        Counter.builder("penstock.kafka.ingress")
                .description("Records of ingresses by how they ended")
                .tag("ingress", ingress)
                .tag("outcome", outcome)
                .register(registry)
                .increment(records);
    }

    private Lag gauges(String relay) {
        Lag lag = new Lag();
        Gauge.builder("penstock.kafka.relay.lag", () -> lag.now.events())
                .description("Events a relay owes")
                .tag("relay", relay)
                .register(registry);
        Gauge.builder("penstock.kafka.relay.lag.age", () -> lag.now.oldest().toMillis() / 1_000.0)
                .description("Age of the oldest event a relay owes")
                .baseUnit("seconds")
                .tag("relay", relay)
                .register(registry);
        return lag;
    }

    private record Owed(long events, Duration oldest) {}

    private static final class Lag {

        private volatile Owed now = new Owed(0, Duration.ZERO);
    }
}
