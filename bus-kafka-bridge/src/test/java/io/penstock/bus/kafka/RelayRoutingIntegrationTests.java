package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.penstock.bus.RetryPolicy;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class RelayRoutingIntegrationTests {

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onSharedBroker();

    @Test
    void aMissingTopicHoldsUpNoOtherAndUsesNoAttemptAndIsServedWhenItComes() {
        R2dbcEventBus a = fixture.bus("a");
        String there = fixture.topic(1);
        String missing = there + "-later";
        fixture.relay(
                a,
                fixture.relayOptions("-")
                        .routing(event -> Route.to("late".equals(event.key()) ? missing : there, event.key()))
                        .retry(RetryPolicy.attempts(2).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1)))
                        .build());

        publish(a, "late", "1");
        awaitThat(() -> fixture.listener.outages.size() >= 3);
        publish(a, "soon", "2");
        publish(a, "late", "3");

        awaitThat(() -> Topics.read(fixture.broker(), there).size() == 1);
        assertThat(fixture.listener.outages).startsWith(Duration.ofMillis(100), Duration.ofMillis(200));
        fixture.create(new NewTopic(missing, Optional.of(1), Optional.empty()));
        awaitThat(() -> fixture.count("a", "inbox") == 0);
        assertThat(Topics.read(fixture.broker(), missing))
                .extracting(record -> Topics.text(record.value()))
                .containsExactly("1", "3");
        assertThat(fixture.listener.recovered).hasPositiveValue();
    }

    /** Each is asked for, and the client waits for an answer that does not come. */
    @Test
    void veryManyMissingTopicsUseNoAttemptAndHoldUpTheOneThatIsThereNoLongerThanTheirBatch() {
        R2dbcEventBus a = fixture.bus("a");
        String there = fixture.topic(1);
        fixture.relay(
                a,
                fixture.relayOptions("-")
                        .routing(event ->
                                Route.to("there".equals(event.key()) ? there : there + event.key(), event.key()))
                        .deliveryTimeout(Duration.ofSeconds(1))
                        .concurrency(1)
                        .build());

        a.publishAll(Flux.range(0, 500).map(i -> event(i == 250 ? "there" : "-" + i, "1")))
                .blockLast(PATIENCE);

        awaitThat(() -> Topics.read(fixture.broker(), there).size() == 1);
        awaitThat(() -> fixture.listener.outages.size() >= 2 * 499);
        assertThat(fixture.count("a", "inbox")).isEqualTo(499);
        assertThat(fixture.count("a", "inbox WHERE attempts > 0 OR state = 3")).isZero();
    }

    @Test
    void aRelayThatIsClosedWhileNothingCanBeSentUsesNoAttemptEither() {
        R2dbcEventBus a = fixture.bus("a");
        KafkaRelay relay = fixture.relay(
                a,
                fixture.relayOptions(fixture.topic(1) + "-missing")
                        .deliveryTimeout(Duration.ofMinutes(5))
                        .build());
        publish(a, "k", "1");
        publish(a, "k", "2");
        awaitThat(() -> a.stats().block(PATIENCE).of("relay").inFlight() == 2);

        relay.close().block(PATIENCE);

        assertThat(fixture.count("a", "inbox")).isEqualTo(2);
        assertThat(fixture.count("a", "inbox WHERE attempts > 0 OR state = 3")).isZero();
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void aRoutingThatThrowsIsAFailedAttemptOfThatEvent() {
        R2dbcEventBus a = fixture.bus("a");
        String topic = fixture.topic(1);
        fixture.relay(
                a,
                fixture.relayOptions(topic)
                        .routing(event -> {
                            if ("bad".equals(event.key())) {
                                throw new IllegalStateException("no route");
                            }
                            return Route.to("bad topic?".equals(event.key()) ? event.key() : topic, event.key());
                        })
                        .retry(RetryPolicy.attempts(2).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1)))
                        .build());

        publish(a, "bad", "1");
        publish(a, "bad topic?", "2");
        publish(a, "good", "3");

        awaitThat(() -> fixture.count("a", "inbox WHERE state = 3") == 2 && fixture.count("a", "inbox") == 2);
        assertThat(a.deadLetters()
                        .list(DeadLetterFilter.of("relay"))
                        .map(letter -> letter.error())
                        .collectList()
                        .block(PATIENCE))
                .anySatisfy(error -> assertThat(error).contains("no route"))
                .anySatisfy(error -> assertThat(error).contains("InvalidTopicException"));
        assertThat(Topics.read(fixture.broker(), topic)).hasSize(1);
    }

    @Test
    void whatCameFromATopicIsNotSentBackToItButElsewhere() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(1);
        String other = fixture.topic(1, Map.of("retention.ms", "-1"));
        fixture.relay(b, fixture.relayOptions(topic).build());
        KafkaRelay toOther = fixture.relay(
                b,
                RelayOptions.builder("relay-other", "*")
                        .bootstrapServers(fixture.broker().bootstrap())
                        .routing(Routing.toTopic(other))
                        .listener(fixture.listener)
                        .build());
        fixture.ingress(b, fixture.ingressOptions(topic).build());

        Topics.send(
                fixture.broker(),
                List.of(
                        Topics.record(topic, "k", "{}", "ce_type", "order.placed"),
                        Topics.record(topic, "k", "no event")));

        awaitThat(() -> fixture.listener.passedOver.size() >= 2
                && toOther.stats().block(PATIENCE).backlog() == 0);
        assertThat(fixture.listener.passedOver)
                .extracting(Event::type)
                .contains("order.placed")
                .anyMatch(type -> type.startsWith("penstock.kafka.unreadable."));
        assertThat(Topics.read(fixture.broker(), topic)).hasSize(2);
        assertThat(Topics.read(fixture.broker(), other)).hasSize(1);
    }

    @Test
    void aLoopThatIsToldToGoBackEndsWithTheIdThatIsThereAlready() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(1);
        Set<String> seen = ConcurrentHashMap.newKeySet();
        fixture.subscribe(
                b,
                ConsumerSpec.named("seen")
                        .on("order.*")
                        .handle(event ->
                                Mono.fromRunnable(() -> seen.add(event.id().toString()))));
        fixture.relay(b, fixture.relayOptions(topic).backToOrigin().build());
        fixture.ingress(b, fixture.ingressOptions(topic).build());

        publish(b, "k", "1");

        awaitThat(() -> fixture.listener.duplicates.get() == 1 && fixture.count("b", "inbox") == 0);
        assertThat(Topics.read(fixture.broker(), topic)).hasSize(1);
        assertThat(seen).hasSize(1);
    }

    @Test
    void theListenerIsToldOfTheLag() {
        R2dbcEventBus a = fixture.bus("a");
        KafkaRelay relay = fixture.relay(
                a,
                fixture.relayOptions(fixture.topic(1) + "-missing")
                        .lagInterval(Duration.ofMillis(100))
                        .build());

        publish(a, "k", "1");

        awaitThat(() -> fixture.listener.lag.get() == 1);
        assertThat(relay.stats().block(PATIENCE).oldestAge()).isPositive();
    }

    private static void publish(R2dbcEventBus bus, String key, String json) {
        bus.publish(event(key, json)).block(PATIENCE);
    }

    private static Event<RawJson> event(String key, String json) {
        return Event.builder("order.placed", new RawJson(json)).key(key).build();
    }
}
