package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What a frozen node left parked behind nothing goes on; what waits for something goes on waiting. */
class StrandedKeysIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Keyed.Log log = new Keyed.Log();

    @Test
    void rowsParkedBehindNothingAreHandledInOrder() {
        R2dbcEventBus bus = fixture.bus();
        strand(bus, 3, 100);

        StrandedKeys stranded = new StrandedKeys(node());
        R2dbcEventBus running = fixture.bus(options -> options.pollInterval(Duration.ofMillis(50)));
        fixture.subscribe(running, spec().handle(event -> Mono.fromRunnable(() -> log.add(event.payload()))));
        assertThat(fixture.inbox("c")).isEqualTo(Map.of(2, 300L));
        stranded.free().block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").isEmpty());
        for (int key = 0; key < 3; key++) {
            assertThat(log.of("k" + key))
                    .containsExactlyElementsOf(Flux.range(0, 100).toIterable());
        }
    }

    @Test
    void theUpkeepDoesItByItself() {
        R2dbcEventBus bus = fixture.bus();
        strand(bus, 1, 10);

        R2dbcEventBus running = fixture.bus(options -> options.retentionInterval(Duration.ofSeconds(1)));
        fixture.subscribe(running, spec().handle(event -> Mono.fromRunnable(() -> log.add(event.payload()))));

        awaitThat(() -> fixture.inbox("c").isEmpty());
    }

    @Test
    void moreKeysThanAPageHoldsAreAllFreed() {
        R2dbcEventBus bus = fixture.bus();
        strand(bus, 2_500, 1);

        new StrandedKeys(node()).free().block(PATIENCE);

        assertThat(fixture.inbox("c")).isEqualTo(Map.of(1, 2_500L));
    }

    @Test
    void whatWaitsForARetryOrADeadLetterGoesOnWaiting() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                spec().retry(RetryPolicy.attempts(1))
                        .handle(event -> event.payload().place() == 0
                                ? Mono.error(new IllegalStateException("no"))
                                : Mono.empty()));
        bus.inTransaction(tx -> tx.publishAll(
                        Keyed.events("a", 0, 9).<Event<?>>map(event -> event).toList()))
                .block(PATIENCE);
        awaitThat(() -> fixture.inbox("c").equals(Map.of(2, 9L, 3, 1L)));

        new StrandedKeys(node()).free().block(PATIENCE);

        assertThat(fixture.inbox("c")).isEqualTo(Map.of(2, 9L, 3, 1L));
    }

    /** Parks everything behind heads that are gone. */
    private void strand(R2dbcEventBus bus, int keys, int perKey) {
        fixture.subscribe(bus, spec().handle(event -> Mono.empty()))
                .unsubscribe()
                .block(PATIENCE);
        bus.publishAll(Flux.range(0, perKey)
                        .concatMap(place -> Flux.range(0, keys).map(key -> Keyed.event("k" + key, place))))
                .then()
                .block(PATIENCE);
        fixture.execute("UPDATE " + fixture.schema() + ".inbox SET state = 2, holds_key = true");
    }

    private Node node() {
        return Node.of(fixture.application, fixture.options().build());
    }

    private static ConsumerSpec.Builder<Keyed> spec() {
        return ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class).ordered();
    }
}
