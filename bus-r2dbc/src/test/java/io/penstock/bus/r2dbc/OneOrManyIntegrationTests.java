package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One event has a statement of its own, and so has a batch in a transaction of the bus's: what they store is what the one
 * for many in the caller's transaction stores of each.
 */
class OneOrManyIntegrationTests {

    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678901999Z");
    private static final Instant LATER = Instant.now().plus(Duration.ofDays(400));

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private R2dbcEventBus bus;

    @BeforeEach
    void registerTwoConsumers() {
        bus = fixture.bus();
        for (String name : List.of("first", "second")) {
            fixture.subscribe(bus, ConsumerSpec.named(name).on("order.*").handle(event -> Mono.empty()))
                    .unsubscribe()
                    .block(PATIENCE);
        }
    }

    @Test
    void anEventWithNothingToSpareIsStoredAlikeAloneAndAmongOthers() {
        publishAloneAndWithItsLike(Event.builder("order.placed", new RawJson("  {\"quote\": \"\\\"\"}\n"))
                .version(3)
                .source("elsewhere")
                .aggregate("order", "17")
                .key("customer")
                .header("a", "b")
                .occurredAt(NOW)
                .deliverAt(LATER)
                .expiresAt(LATER.plusSeconds(1)));

        assertThat(fixture.count("inbox WHERE state = 1 AND due_at IS NOT NULL"))
                .isEqualTo(12);
    }

    @Test
    void anEventWithNothingButItsKeyAndPayloadIsStoredAlikeAloneAndAmongOthers() {
        publishAloneAndWithItsLike(
                Event.builder("order.placed", new RawJson("1")).key("customer").occurredAt(NOW));

        assertThat(fixture.count("inbox WHERE state = 0 AND due_at IS NULL")).isEqualTo(12);
    }

    private void publishAloneAndWithItsLike(Event.Builder<RawJson> like) {
        bus.inTransaction(tx -> tx.publish(like.build()).then(tx.publishAll(List.of(like.build(), like.build()))))
                .block(PATIENCE);
        // The first goes alone, and the two that gather meanwhile go together.
        bus.publishAll(Flux.just(like.build(), like.build(), like.build())).blockLast(PATIENCE);

        assertThat(fixture.count("outbox_event")).isEqualTo(6);
        assertThat(distinct("xmin::text FROM %s.outbox_event"))
                .as("the caller's transaction and two of the bus's")
                .isEqualTo(3);
        assertThat(distinct("key_hash, occurred_at, deliver_at, expires_at, version, type, source, aggregate_type,"
                        + " aggregate_id, key, payload::text, headers FROM %s.outbox_event"))
                .isEqualTo(1);
        assertThat(distinct(
                        "consumer_id, key_hash, partition, state, due_at, attempts, holds_key, begun FROM %s.inbox"))
                .isEqualTo(2);
    }

    private long distinct(String columnsFrom) {
        return fixture.one(
                "SELECT count(*) AS n FROM (SELECT DISTINCT " + columnsFrom.formatted(fixture.schema()) + ") AS alike",
                row -> row.get("n", Long.class));
    }
}
