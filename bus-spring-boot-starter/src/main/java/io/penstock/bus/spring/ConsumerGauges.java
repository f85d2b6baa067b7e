package io.penstock.bus.spring;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.EventBus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Shows where each consumer stands, as the database said at the last look; an unanswered look leaves it as it was. */
final class ConsumerGauges implements SmartLifecycle {

    private final EventBus bus;
    private final Duration interval;
    private final Map<MultiGauge, ToDoubleFunction<ConsumerStats>> gauges = new LinkedHashMap<>();
    private @Nullable Disposable looking;

    ConsumerGauges(EventBus bus, MeterRegistry registry, Duration interval) {
        this.bus = bus;
        this.interval = interval;
        add(registry, "backlog", "Events owed, not dead; counting stops at 100,000", "events", ConsumerStats::backlog);
        add(registry, "parked", "Events waiting behind an earlier one of their key", "events", ConsumerStats::parked);
        add(registry, "dead.letters", "Events that could not be handled", "events", ConsumerStats::dead);
        add(registry, "in.flight", "Deliveries held in this node's memory", "events", ConsumerStats::inFlight);
        add(registry, "oldest.age", "Age of the oldest undelivered event", "seconds", ConsumerGauges::seconds);
    }

    @Override
    public synchronized void start() {
        looking = Flux.interval(Duration.ZERO, interval)
                .onBackpressureDrop()
                .concatMap(tick -> bus.stats().doOnNext(this::show).onErrorResume(error -> Mono.empty()), 1)
                .subscribe();
    }

    @Override
    public synchronized void stop() {
        if (looking != null) {
            looking.dispose();
            looking = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return looking != null;
    }

    @Override
    public int getPhase() {
        return BusLifecycle.PHASE + 1;
    }

    void show(BusStats stats) {
        gauges.forEach((gauge, value) -> gauge.register(
                stats.consumers().stream()
                        .<MultiGauge.Row<?>>map(consumer -> MultiGauge.Row.of(
                                Tags.of("consumer", consumer.consumer()), value.applyAsDouble(consumer)))
                        .toList(),
                true));
    }

    private void add(
            MeterRegistry registry,
            String name,
            String description,
            String unit,
            ToDoubleFunction<ConsumerStats> value) {
        gauges.put(
                MultiGauge.builder("penstock." + name)
                        .description(description)
                        .baseUnit(unit)
                        .register(registry),
                value);
    }

    private static double seconds(ConsumerStats stats) {
        return stats.oldestAge().toMillis() / 1000.0;
    }
}
