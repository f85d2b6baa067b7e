package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.RunningConsumer;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The relay's process is killed again and again, in the middle of its work. */
@Tag("crash")
class KilledRelayIntegrationTests {

    private static final int EVENTS = 40_000;

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onBrokerOfItsOwn();

    @Test
    void nothingIsLostAndTheOrderOfEachKeyIsKept() {
        R2dbcEventBus a = fixture.bus("a", options -> options.lease(Duration.ofSeconds(1)));
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(4);
        a.subscribe(ConsumerSpec.named("relay").on("order.*").ordered().handleBatch(events -> Mono.empty()))
                .flatMap(RunningConsumer::unsubscribe)
                .block(PATIENCE);
        assertThat(a.publishAll(Flux.fromIterable(Numbered.events(0, EVENTS, 200)))
                        .all(result -> result.isStored())
                        .block(PATIENCE))
                .isTrue();

        for (int kills = 0; kills < 3; kills++) {
            int before = Topics.read(fixture.broker(), topic).size();
            try (RelayProcess killed =
                    RelayProcess.start(fixture.schema("a"), fixture.broker().bootstrap(), topic)) {
                awaitThat(() -> killed.isRunning()
                        && Topics.read(fixture.broker(), topic).size() > before + 500);
            }
        }
        assertThat(fixture.count("a", "inbox")).isPositive();
        fixture.ingress(b, fixture.ingressOptions(topic).build());
        try (RelayProcess last =
                RelayProcess.start(fixture.schema("a"), fixture.broker().bootstrap(), topic)) {
            awaitThat(() -> last.isRunning() && fixture.count("a", "inbox") == 0);
        }

        Numbered.assertComplete(Topics.read(fixture.broker(), topic), EVENTS);
        awaitThat(() -> fixture.count("b", "outbox_event") == EVENTS);
        assertThat(fixture.all("""
                        SELECT key FROM (
                            SELECT key, payload::text::int AS n,
                                   lag(payload::text::int) OVER (PARTITION BY key ORDER BY seq) AS previous
                              FROM %s.outbox_event) AS e
                         WHERE previous > n
                        """.formatted(fixture.schema("b")), row -> row.get("key", String.class)))
                .isEmpty();
    }
}
