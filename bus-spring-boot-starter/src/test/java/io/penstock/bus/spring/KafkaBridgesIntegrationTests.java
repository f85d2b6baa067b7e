package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.bus.Event;
import io.penstock.bus.kafka.RecordPosition;
import io.penstock.bus.kafka.RelayOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Without a broker: what the relay owes, it owes from its registration on. */
class KafkaBridgesIntegrationTests {

    @Test
    void aBeanOfRelayOptionsIsARelayThatRunsWithTheApplication() {
        try (App app = App.run(getClass(), Shop.class)) {
            assertThat(app.stats("to-kafka").running()).isTrue();
            app.publish(new OrderPlaced("1", 1));
            assertThat(app.stats("to-kafka").backlog()).isPositive();
        }
        try (App again = App.run(getClass(), Shop.class, "penstock.start-consumers=false")) {
            assertThat(again.stats("to-kafka").running()).isFalse();
        }
    }

    @Test
    void aRelayIsSwitchedOffByItsProperty() {
        try (App app = App.run(getClass(), Shop.class, "penstock.consumers.to-kafka.enabled=false")) {
            assertThat(app.bus().stats().block(App.PATIENCE).consumers())
                    .noneMatch(consumer -> consumer.consumer().equals("to-kafka") && consumer.running());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"timeout=1s", "retry.max-attempts=1"})
    void whatOutagesOfKafkaWouldMeetIsNotSetByProperties(String setting) {
        assertThatThrownBy(() -> App.run(getClass(), Shop.class, "penstock.consumers.to-kafka." + setting)
                        .close())
                .hasStackTraceContaining("set it in its RelayOptions")
                .hasStackTraceContaining(
                        "PropertyRefusedException: penstock.consumers.to-kafka." + setting.split("=")[0]);
    }

    @Test
    void theLagOfARelayIsMeasured() {
        try (App app = App.run(getClass(), Shop.class)) {
            app.publish(new OrderPlaced("1", 1));

            MeterRegistry registry = app.bean(MeterRegistry.class);
            App.awaitThat(() -> registry.find("penstock.kafka.relay.lag").tag("relay", "to-kafka").gauges().stream()
                            .anyMatch(gauge -> gauge.value() > 0)
                    && registry.get("penstock.kafka.relay.lag.age").gauge().value() > 0);
        }
    }

    @Test
    void everythingTheBridgeTellsOfHasAMeterThatIsInTheTable() throws IOException {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        MicrometerBridgeListener listener = new MicrometerBridgeListener(registry);
        Event<?> event = Event.of(new OrderPlaced("1", 1));
        RecordPosition position = new RecordPosition("orders", 0, 42);
        RuntimeException error = new IllegalStateException("x");

        listener.relayed("out", 500, Duration.ofMillis(7));
        listener.refused("out", event, "orders", error);
        listener.passedOver("out", event);
        listener.outage("out", "orders", error, Duration.ofSeconds(1));
        listener.lag("out", 3, Duration.ofMillis(1_500));
        listener.lag("out", 2, Duration.ofMillis(2_500));
        listener.ingested("in", 90, 10, Duration.ofMillis(5));
        listener.diverted("in", position, "no JSON");
        listener.ignored("in", position, "not wanted");
        listener.curtailed("in", position, List.of("h"));
        listener.failed("in", "store records", error);

        String document = Files.readString(Path.of("..", "docs", "spring-boot.md"));
        assertThat(registry.getMeters())
                .extracting(meter -> meter.getId().getName())
                .allSatisfy(name -> assertThat(document).contains("`" + name + "`"));
        assertThat(registry.get("penstock.kafka.send").timer().count()).isEqualTo(1);
        assertThat(registry.get("penstock.kafka.store").timer().count()).isEqualTo(1);
        assertThat(registry.get("penstock.kafka.relay.lag").gauge().value()).isEqualTo(2);
        assertThat(registry.get("penstock.kafka.relay.lag.age").gauge().value()).isEqualTo(2.5);
        assertThat(registry.getMeters().stream()
                        .filter(meter -> meter instanceof Counter)
                        .map(meter -> meter.getId().getName() + " "
                                + String.join(
                                        ",",
                                        meter.getId().getTags().stream()
                                                .map(Tag::getValue)
                                                .toList())
                                + " " + (int) ((Counter) meter).count()))
                .containsExactlyInAnyOrder(
                        "penstock.kafka.relay relayed,out 500",
                        "penstock.kafka.relay refused,out 1",
                        "penstock.kafka.relay passed-over,out 1",
                        "penstock.kafka.outages out 1",
                        "penstock.kafka.ingress in,ingested 90",
                        "penstock.kafka.ingress in,duplicate 10",
                        "penstock.kafka.ingress in,diverted 1",
                        "penstock.kafka.ingress in,ignored 1",
                        "penstock.kafka.curtailed in 1",
                        "penstock.kafka.step.failures in,store records 1");
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @Bean
        MeterRegistry registry() {
            return new SimpleMeterRegistry();
        }

        @Bean
        RelayOptions toKafka() {
            return RelayOptions.builder("to-kafka", "order.*")
                    .bootstrapServers("localhost:1")
                    .lagInterval(Duration.ofMillis(100))
                    .build();
        }
    }
}
