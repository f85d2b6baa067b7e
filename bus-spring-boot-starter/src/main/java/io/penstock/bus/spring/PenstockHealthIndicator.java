package io.penstock.bus.spring;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.EventBus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.health.contributor.AbstractReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import reactor.core.publisher.Mono;

/** Says where each consumer stands: degraded, once one is too far behind and not because it is paused. */
final class PenstockHealthIndicator extends AbstractReactiveHealthIndicator {

    /** Unknown to Spring: it changes nothing about the application's health until that is told where it ranks. */
    static final Status DEGRADED = new Status("DEGRADED");

    private final EventBus bus;
    private final Duration oldestAge;

    PenstockHealthIndicator(EventBus bus, Duration oldestAge) {
        super("The bus does not say where its consumers stand");
        this.bus = bus;
        this.oldestAge = oldestAge;
    }

    @Override
    protected Mono<Health> doHealthCheck(Health.Builder builder) {
        return bus.stats().map(stats -> health(builder, stats));
    }

    private Health health(Health.Builder builder, BusStats stats) {
        List<String> behind = stats.consumers().stream()
                .filter(consumer -> !consumer.paused() && consumer.oldestAge().compareTo(oldestAge) > 0)
                .map(ConsumerStats::consumer)
                .toList();
        builder.status(behind.isEmpty() ? Status.UP : DEGRADED);
        if (!behind.isEmpty()) {
            builder.withDetail("behind", behind);
        }
        Map<String, Object> consumers = new LinkedHashMap<>();
        stats.consumers().forEach(consumer -> consumers.put(consumer.consumer(), details(consumer)));
        return builder.withDetail("consumers", consumers).build();
    }

    private static Map<String, Object> details(ConsumerStats consumer) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("running", consumer.running());
        details.put("paused", consumer.paused());
        details.put("backlog", consumer.backlog());
        details.put("oldestAge", consumer.oldestAge().toString());
        details.put("inFlight", consumer.inFlight());
        details.put("dead", consumer.dead());
        return details;
    }
}
