package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.HandlerTimeoutException;
import io.penstock.bus.RetryPolicy;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;

/** The broker is killed and comes back on its files. */
class BrokerOutageIntegrationTests {

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onBrokerOfItsOwn();

    @Test
    void publishingGoesOnAndTheRelayCatchesUpInOrderWithoutUsingAnAttempt() {
        R2dbcEventBus a = fixture.bus("a");
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(3);
        RetryPolicy oneFailureIsDead = RetryPolicy.attempts(2)
                .withBackoff(Duration.ofMillis(1), Duration.ofMillis(1))
                .withNeverRetry(RecordRefusedException.class);
        fixture.relay(a, fixture.relayOptions(topic).retry(oneFailureIsDead).build());
        fixture.ingress(b, fixture.ingressOptions(topic).build());
        publish(a, 0, 1_000);
        awaitThat(() -> fixture.count("b", "outbox_event") == 1_000);

        fixture.broker().kill();
        publish(a, 1_000, 3_000);
        awaitThat(() -> fixture.listener.outages.size() >= 3);
        assertThat(fixture.count("a", "inbox")).isEqualTo(3_000);
        fixture.broker().restart();

        awaitThat(() -> fixture.count("a", "inbox") == 0);
        Numbered.assertComplete(Topics.read(fixture.broker(), topic), 4_000);
        awaitThat(() -> fixture.count("b", "outbox_event") == 4_000);
        assertThat(a.stats().block(PATIENCE).of("relay").dead()).isZero();
        assertThat(fixture.listener.refused).isEmpty();
        assertThat(fixture.listener.recovered).hasPositiveValue();
    }

    @Test
    @Tag("crash")
    void aRelayThatStartsBeforeTheBrokerWaitsForIt() {
        R2dbcEventBus a = fixture.bus("a");
        String topic = fixture.topic(1);
        fixture.broker().kill();

        fixture.relay(a, fixture.relayOptions(topic).build());
        publish(a, 0, 10);
        awaitThat(() -> !fixture.listener.outages.isEmpty());
        fixture.broker().restart();

        awaitThat(() -> fixture.count("a", "inbox") == 0);
        Numbered.assertComplete(Topics.read(fixture.broker(), topic), 10);
    }

    @Test
    @Tag("crash")
    void aBrokerThatKeepsSilentUsesNoAttemptEither() {
        R2dbcEventBus a = fixture.bus("a");
        String topic = fixture.topic(1);
        RetryPolicy oneFailureIsDead = RetryPolicy.attempts(2)
                .withBackoff(Duration.ofMillis(1), Duration.ofMillis(1))
                .withNeverRetry(HandlerTimeoutException.class);
        fixture.relay(a, fixture.relayOptions(topic).retry(oneFailureIsDead).build());
        publish(a, 0, 100);
        awaitThat(() -> fixture.count("a", "inbox") == 0);

        fixture.broker().freeze();
        publish(a, 100, 2_000);
        awaitThat(() -> fixture.listener.outages.size() >= 8);
        fixture.broker().thaw();

        awaitThat(() -> fixture.count("a", "inbox") == 0);
        Numbered.assertComplete(Topics.read(fixture.broker(), topic), 2_100);
    }

    private static void publish(R2dbcEventBus bus, int from, int count) {
        assertThat(bus.publishAll(Flux.fromIterable(Numbered.events(from, count, 100)))
                        .all(result -> result.isStored())
                        .block(PATIENCE))
                .isTrue();
    }
}
