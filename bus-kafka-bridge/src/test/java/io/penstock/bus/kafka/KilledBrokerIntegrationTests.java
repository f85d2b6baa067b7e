package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.RawJson;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.spi.Connection;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** From bus to bus, with the broker killed in the middle of it, three times. */
@Tag("crash")
class KilledBrokerIntegrationTests {

    private static final int ROUND = 10_000;

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onBrokerOfItsOwn();

    @Test
    void eachEventHasItsEffectOnceAndInOrder() {
        R2dbcEventBus a = fixture.bus("a");
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(4);
        fixture.execute("CREATE TABLE " + fixture.schema("b")
                + ".effect (no bigint GENERATED ALWAYS AS IDENTITY, key text, n int)");
        fixture.subscribe(
                b,
                ConsumerSpec.named("effects")
                        .on("order.*")
                        .ordered()
                        .<Connection>transactional(
                                Connection.class,
                                (event, connection) -> insert(connection, event.key(), event.payload())));
        fixture.relay(a, fixture.relayOptions(topic).build());
        fixture.ingress(b, fixture.ingressOptions(topic).batchSize(200).build());

        for (int round = 0; round < 3; round++) {
            long before = fixture.count("b", "outbox_event");
            Mono<Void> publishing = a.publishAll(Flux.fromIterable(Numbered.events(round * ROUND, ROUND, 200)))
                    .then()
                    .cache();
            var running = publishing.subscribe();
            awaitThat(() -> fixture.count("b", "outbox_event") > before + 1_000);
            fixture.broker().kill();
            int outages = fixture.listener.outages.size();
            awaitThat(() -> fixture.listener.outages.size() > outages || fixture.count("a", "inbox") == 0);
            fixture.broker().restart();
            publishing.block(PATIENCE);
            assertThat(running.isDisposed()).isTrue();
        }

        awaitThat(() -> fixture.count("b", "effect") == 3 * ROUND && fixture.count("b", "inbox") == 0);
        Numbered.assertComplete(Topics.read(fixture.broker(), topic), 3 * ROUND);
        assertThat(outOfOrder()).isEmpty();
        assertThat(fixture.count("b", "outbox_event")).isEqualTo(3 * ROUND);
    }

    private List<String> outOfOrder() {
        return fixture.all("""
                SELECT key FROM (
                    SELECT key, n, lag(n) OVER (PARTITION BY key ORDER BY no) AS previous FROM %s.effect) AS e
                 WHERE previous > n
                """.formatted(fixture.schema("b")), row -> row.get("key", String.class));
    }

    private Mono<Void> insert(Connection connection, String key, RawJson payload) {
        return Flux.from(connection
                        .createStatement("INSERT INTO " + fixture.schema("b") + ".effect (key, n) VALUES ($1, $2)")
                        .bind(0, key)
                        .bind(1, Integer.parseInt(payload.text()))
                        .execute())
                .concatMap(result -> result.getRowsUpdated())
                .then();
    }
}
