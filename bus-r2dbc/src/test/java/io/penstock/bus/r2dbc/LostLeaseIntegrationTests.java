package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A handler that ends after its node's lease was over, as after a long pause of the process. */
class LostLeaseIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Sinks.Empty<Void> goOn = Sinks.empty();

    @Test
    void theEffectsOfATransactionalHandlerRollBackAndTheRowStaysAsItWas() {
        R2dbcEventBus bus = bus();
        fixture.execute("CREATE TABLE " + fixture.schema() + ".effect (place int)");
        fixture.subscribe(
                bus,
                spec().transactional(
                                Connection.class,
                                (event, tx) -> Database.changed(
                                                tx,
                                                "INSERT INTO " + fixture.schema() + ".effect VALUES (1)",
                                                statement -> {})
                                        .then(goOn.asMono())));

        loseWhileHandling(bus);
        goOn.tryEmitEmpty();

        awaitThat(() -> !fixture.listener.released.isEmpty());
        awaitThat(() -> fixture.count("inbox WHERE state = 0 AND attempts = 0") == 1);
        assertThat(fixture.count("effect")).isZero();
    }

    @Test
    void aFailureIsNotWrittenOverWhatTheNewOwnerDoes() {
        R2dbcEventBus bus = bus();
        fixture.subscribe(
                bus, spec().handle(event -> goOn.asMono().then(Mono.error(new IllegalStateException("too late")))));

        loseWhileHandling(bus);
        goOn.tryEmitEmpty();

        awaitThat(() -> !fixture.listener.released.isEmpty());
        assertThat(fixture.count("inbox WHERE state = 0 AND attempts = 0 AND last_error IS NULL"))
                .isEqualTo(1);
        assertThat(fixture.listener.retries).isEmpty();
    }

    @Test
    void aSuccessOfAPlainHandlerIsWrittenAllTheSame() {
        R2dbcEventBus bus = bus();
        fixture.subscribe(bus, spec().handle(event -> goOn.asMono()));

        loseWhileHandling(bus);
        goOn.tryEmitEmpty();

        awaitThat(() -> fixture.inbox("c").isEmpty());
    }

    @Test
    void whatTheNewOwnerParkedBehindTheRowIsFreedByItsEnd() {
        R2dbcEventBus bus = bus();
        fixture.subscribe(bus, spec().ordered().handle(event -> goOn.asMono()));
        bus.publish(Keyed.event("a", 1)).block(PATIENCE);
        awaitThat(() -> fixture.listener.started.get() == 1);
        lose();
        // As the new owner leaves it when the row failed there, the next one was parked, and the row is due again.
        bus.publish(Keyed.event("a", 2)).block(PATIENCE);
        fixture.execute(
                "UPDATE %1$s.inbox SET state = 2, holds_key = true WHERE seq = (SELECT max(seq) FROM %1$s.inbox)"
                        .formatted(fixture.schema()));

        goOn.tryEmitEmpty();

        awaitThat(() -> fixture.inbox("c").equals(Map.of(1, 1L)));
        fixture.execute("DELETE FROM " + fixture.schema() + ".inbox");
    }

    @Test
    void aRowThatAFormerOwnerPutOffLateIsNotTakenForDoneAndHoldsItsKey() {
        R2dbcEventBus bus = fixture.bus();
        Keyed.Log log = new Keyed.Log();
        fixture.subscribe(bus, spec().ordered().concurrency(1).transactional(Connection.class, (event, tx) -> {
            log.add(event.payload());
            return event.payload().key().equals("first") ? goOn.asMono() : Mono.empty();
        }));
        bus.inTransaction(
                        tx -> tx.publishAll(List.of(Keyed.event("first", 0), Keyed.event("a", 1), Keyed.event("a", 2))))
                .block(PATIENCE);
        awaitThat(() -> fixture.listener.claimedRows.get() == 3);

        fixture.execute(("UPDATE %1$s.inbox SET state = 1, holds_key = true, due_at = now() + interval '1 hour'"
                        + " WHERE seq = (SELECT min(seq) + 1 FROM %1$s.inbox)")
                .formatted(fixture.schema()));
        goOn.tryEmitEmpty();

        awaitThat(() -> fixture.inbox("c").equals(Map.of(1, 1L, 2, 1L)));
        assertThat(log.of("a")).isEmpty();
        assertThat(fixture.listener.duplicates).hasValue(0);
    }

    @Test
    void theServerEndsATransactionWhoseNodeIsSilentForLongerThanItsHandlerMayTake() {
        R2dbcEventBus bus = bus();
        Sinks.One<String> seen = Sinks.one();
        fixture.subscribe(
                bus,
                spec().timeout(Duration.ofSeconds(7))
                        .transactional(
                                Connection.class,
                                (event, tx) -> Database.rows(
                                                tx,
                                                "SELECT current_setting('idle_in_transaction_session_timeout') AS t",
                                                statement -> {},
                                                row -> String.valueOf(row.get("t", String.class)))
                                        .next()
                                        .doOnNext(seen::tryEmitValue)
                                        .then()));

        bus.publish(Keyed.event("a", 1)).block(PATIENCE);

        assertThat(seen.asMono().block(PATIENCE)).isEqualTo("12s");
        awaitThat(() -> fixture.inbox("c").isEmpty());
        String after = fixture.one(
                "SELECT current_setting('idle_in_transaction_session_timeout') AS t",
                row -> row.get("t", String.class));
        assertThat(after).isEqualTo("0");
    }

    private R2dbcEventBus bus() {
        return fixture.bus(options -> options.lease(Duration.ofSeconds(1)));
    }

    private void loseWhileHandling(R2dbcEventBus bus) {
        bus.publish(Keyed.event("a", 1)).block(PATIENCE);
        awaitThat(() -> fixture.listener.started.get() == 1);
        lose();
    }

    /** Another node owns everything, and the one under test has heard of it. */
    private void lose() {
        fixture.execute("UPDATE " + fixture.schema()
                + ".partition_lease SET node_id = gen_random_uuid(), expires_at = now() + interval '1 hour'");
        awaitThat(() -> !fixture.listener.unleased.isEmpty());
    }

    private static ConsumerSpec.Builder<Keyed> spec() {
        return ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class).retry(RetryPolicy.attempts(3));
    }
}
