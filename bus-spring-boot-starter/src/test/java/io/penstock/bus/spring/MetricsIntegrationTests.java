package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.penstock.bus.Event;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

class MetricsIntegrationTests {

    private static App app;

    @BeforeAll
    static void start() {
        app = App.run(
                MetricsIntegrationTests.class,
                Shop.class,
                "penstock.metrics.interval=20ms",
                "penstock.consumers.failing.retry.max-attempts=2",
                "penstock.consumers.failing.retry.initial-delay=1ms",
                "penstock.poll-interval=50ms");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void everyDeliveryIsCountedByItsOutcome() {
        app.publish(new OrderPlaced("1", 1));
        App.awaitThat(() -> deliveries("shipping", "completed") > 0 && deliveries("failing", "dead") > 0);
        assertThat(deliveries("failing", "retried")).isPositive();
        assertThat(registry().get("penstock.published").counter().count()).isPositive();
        assertThat(registry()
                        .get("penstock.handler")
                        .tags("consumer", "shipping", "outcome", "success")
                        .timer()
                        .count())
                .isPositive();
        assertThat(registry()
                        .get("penstock.handler")
                        .tags("consumer", "failing", "outcome", "failure")
                        .timer()
                        .count())
                .isGreaterThan(1);
        assertThat(registry()
                        .get("penstock.delivery.lag")
                        .tag("consumer", "shipping")
                        .timer()
                        .count())
                .isPositive();
    }

    @Test
    void whereConsumersStandIsShownAsTheDatabaseSays() {
        app.publish(new OrderPlaced("2", 1));
        App.awaitThat(() -> gauge("penstock.dead.letters", "failing") > 0);
        App.awaitThat(() -> gauge("penstock.backlog", "shipping") == 0);
        App.awaitThat(() -> gauge("penstock.leases", "shipping") == 32);
        App.awaitThat(
                () -> registry().get("penstock.listener.connected").gauge().value() == 1);
        assertThat(gauge("penstock.oldest.age", "shipping")).isNotNegative();
        assertThat(gauge("penstock.in.flight", "shipping")).isNotNegative();
        assertThat(gauge("penstock.parked", "shipping")).isZero();
    }

    @Test
    void tagsAreConsumersOutcomesAndRegisteredTypesAlone() {
        app.bus()
                .publish(
                        Event.builder(new OrderPlaced("3", 1)).key("customer-3").build())
                .block(App.PATIENCE);
        App.awaitThat(() -> deliveries("shipping", "completed") > 0);
        Set<String> tags = registry().getMeters().stream()
                .map(Meter::getId)
                .filter(id -> id.getName().startsWith("penstock."))
                .flatMap(id -> id.getTags().stream())
                .map(Tag::getKey)
                .collect(Collectors.toSet());
        assertThat(tags).isSubsetOf("consumer", "outcome", "penstock.consumer", "penstock.type", "error");
    }

    private static double deliveries(String consumer, String outcome) {
        return registry().find("penstock.deliveries").tags("consumer", consumer, "outcome", outcome).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    private static double gauge(String name, String consumer) {
        return registry().find(name).tag("consumer", consumer).gauges().stream()
                .mapToDouble(gauge -> gauge.value())
                .findFirst()
                .orElse(-1);
    }

    private static MeterRegistry registry() {
        return app.bean(MeterRegistry.class);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @EventConsumer("shipping")
        Mono<Void> ship(OrderPlaced order) {
            return Mono.empty();
        }

        @EventConsumer("failing")
        Mono<Void> fail(OrderPlaced order) {
            return Mono.error(new IllegalStateException("no stock"));
        }
    }
}
