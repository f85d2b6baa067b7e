package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A claim whose connection is cut when handlers have its first rows already. */
class CutReadingIntegrationTests {

    private static final int EVENTS = 2_000;
    // Both are of the second reading, the first that is longer than what is handed over at once.
    private static final int CUTS = 300;
    private static final int HELD = 700;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger cut = new AtomicInteger();

    @Test
    void whatWasHandedOverIsHandledOnceAndTheRestIsReadAgain() {
        Map<String, Integer> handled = new ConcurrentHashMap<>();
        R2dbcEventBus bus = fixture.bus();
        ConsumerSpec<?> spec = ConsumerSpec.named("c").on("*").handle(event -> {
            if (calls.incrementAndGet() == CUTS) {
                cutReading();
            }
            handled.merge(event.id().toString(), 1, Integer::sum);
            return Mono.empty();
        });
        bus.register(spec).block(PATIENCE);
        publish(bus);
        holdReadings();

        bus.subscribe(spec).block(PATIENCE);

        awaitThat(() -> handled.size() == EVENTS);
        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(cut).as("readings that were cut").hasValue(1);
        assertThat(fixture.listener.failedSteps).as("the reading").contains("claim c");
        assertThat(handled.values()).containsOnly(1);
    }

    private void publish(R2dbcEventBus bus) {
        bus.publishAll(Flux.range(0, EVENTS).map(number -> Keyed.event("key-" + number, number)))
                .then()
                .block(PATIENCE);
    }

    /** The server sends no row from {@link #HELD} on while the gate is shut, so the cut cannot come too late. */
    private void holdReadings() {
        String schema = fixture.schema();
        fixture.execute("CREATE TABLE %s.gate AS SELECT true AS shut".formatted(schema));
        fixture.execute("""
                CREATE FUNCTION %1$s.passes(seq bigint) RETURNS boolean LANGUAGE plpgsql AS $$
                BEGIN
                    WHILE seq = %2$d AND (SELECT shut FROM %1$s.gate) LOOP
                        PERFORM pg_sleep(0.01);
                    END LOOP;
                    RETURN true;
                END $$""".formatted(schema, HELD));
        fixture.execute("ALTER TABLE %s.outbox_event RENAME TO event".formatted(schema));
        fixture.execute(
                "CREATE VIEW %1$s.outbox_event AS SELECT * FROM %1$s.event WHERE %1$s.passes(seq)".formatted(schema));
    }

    private void cutReading() {
        awaitThat(() -> cut.addAndGet(terminated()) > 0);
        fixture.execute("UPDATE %s.gate SET shut = false".formatted(fixture.schema()));
    }

    private int terminated() {
        return fixture.one(
                "SELECT count(pg_terminate_backend(pid))::int4 AS n FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%"
                        + fixture.schema() + "\".inbox ready%'",
                row -> row.get("n", Integer.class));
    }
}
