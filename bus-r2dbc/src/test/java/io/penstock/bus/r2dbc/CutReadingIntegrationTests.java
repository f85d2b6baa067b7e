package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A claim whose connection is cut when handlers have its first rows already. */
class CutReadingIntegrationTests {

    private static final int EVENTS = 2_000;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final AtomicBoolean first = new AtomicBoolean(true);
    private final AtomicInteger cut = new AtomicInteger();

    @Test
    void whatWasHandedOverIsHandledOnceAndTheRestIsReadAgain() {
        Map<String, Integer> handled = new ConcurrentHashMap<>();
        R2dbcEventBus bus = fixture.bus();
        ConsumerSpec<?> spec = ConsumerSpec.named("c").on("*").handle(event -> {
            if (first.getAndSet(false)) {
                cutReading();
            }
            handled.merge(event.id().toString(), 1, Integer::sum);
            return Mono.empty();
        });
        bus.register(spec).block(PATIENCE);
        publishMoreThanFitsIntoBuffers(bus);

        bus.subscribe(spec).block(PATIENCE);

        awaitThat(() -> handled.size() == EVENTS);
        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(cut).as("readings that were cut").hasValue(1);
        assertThat(fixture.listener.failures).as("of the reading").isNotEmpty();
        assertThat(handled.values()).containsOnly(1);
    }

    private void publishMoreThanFitsIntoBuffers(R2dbcEventBus bus) {
        bus.publishAll(Flux.range(0, EVENTS).map(number -> Keyed.event("key-" + number, number)))
                .then()
                .block(PATIENCE);
        fixture.execute("UPDATE %s.outbox_event SET payload = to_json(repeat('x', 50000))".formatted(fixture.schema()));
    }

    private void cutReading() {
        cut.addAndGet(fixture.one(
                "SELECT count(pg_terminate_backend(pid))::int4 AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%"
                        + fixture.schema() + "\".inbox ready%' AND pid <> pg_backend_pid()",
                row -> row.get("n", Integer.class)));
    }
}
