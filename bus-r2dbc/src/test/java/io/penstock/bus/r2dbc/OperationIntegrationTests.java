package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.Event;
import io.penstock.bus.NeverRetryException;
import io.penstock.bus.RawJson;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What operators see, what is tidied up, and what it costs. */
class OperationIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    @Test
    void theFiguresOfAConsumerAreExactAndComeFromOneStatement() {
        R2dbcEventBus bus = fixture.bus(options -> options.grace(Duration.ofMillis(100)));
        countStatements();
        fixture.subscribe(bus, consumer("busy", event -> behave(event.payload().text())));
        bus.subscribe(consumer("away", event -> Mono.empty()))
                .block(PATIENCE)
                .unsubscribe()
                .block(PATIENCE);
        publish(bus, "dead", "\"die\"", null);
        publish(bus, "failing", "\"retry\"", null);
        awaitThat(() -> fixture.inbox("busy").equals(Map.of(1, 1L, 3, 1L)));
        publish(bus, "failing", "\"behind\"", null);
        publish(bus, "delayed", "\"later\"", Instant.now().plusSeconds(3_600));
        publish(bus, "running", "\"run\"", null);
        awaitThat(() -> fixture.inbox("busy").equals(Map.of(0, 1L, 1, 2L, 2, 1L, 3, 1L)));
        long before = statements("undone");

        ConsumerStats busy = fixture.stats(bus, "busy");
        ConsumerStats away = fixture.stats(bus, "away");

        assertThat(statements("undone")).isEqualTo(before + 2);
        assertThat(List.of(busy.ready(), busy.scheduled(), busy.parked(), busy.dead()))
                .isEqualTo(List.of(1L, 2L, 1L, 1L));
        assertThat(busy.running()).isTrue();
        assertThat(busy.inFlight()).isEqualTo(1);
        assertThat(busy.backlog()).isEqualTo(4);
        assertThat(busy.oldestAge()).isPositive();
        assertThat(List.of(away.ready(), away.scheduled(), away.parked(), away.dead()))
                .isEqualTo(List.of(4L, 1L, 0L, 0L));
        assertThat(away.running()).isFalse();
        assertThat(away.inFlight()).isZero();
    }

    @Test
    void retentionRemovesWhatIsFinishedAndNothingThatIsStillOwed() {
        R2dbcEventBus bus =
                fixture.bus(options -> options.retention(Duration.ofDays(1)).grace(Duration.ofMillis(100)));
        fixture.subscribe(bus, consumer("busy", event -> behave(event.payload().text())));
        publish(bus, "dead", "\"die\"", null);
        publish(bus, "failing", "\"retry\"", null);
        awaitThat(() -> fixture.inbox("busy").equals(Map.of(1, 1L, 3, 1L)));
        publish(bus, "failing", "\"behind\"", null);
        publish(bus, "delayed", "\"later\"", Instant.now().plusSeconds(3_600));
        publish(bus, "running", "\"run\"", null);
        bus.publishAll(BusFixture.range(2_500, i -> event("done", "\"done\"", null)))
                .blockLast(PATIENCE);
        awaitThat(() -> fixture.inbox("busy").equals(Map.of(0, 1L, 1, 2L, 2, 1L, 3, 1L)));
        assertThat(bus.retire().block(PATIENCE)).isZero();
        fixture.execute(
                "UPDATE %s.outbox_event SET created_at = now() - interval '2 days'".formatted(fixture.schema()));
        publish(bus, "young", "\"done\"", null);
        awaitThat(() -> fixture.count("inbox") == 5);

        assertThat(bus.retire().block(PATIENCE)).isEqualTo(2_500);

        assertThat(fixture.count("outbox_event")).isEqualTo(6);
        assertThat(fixture.count("inbox JOIN %s.outbox_event USING (seq)".formatted(fixture.schema())))
                .isEqualTo(5);
        assertThat(bus.retire().block(PATIENCE)).isZero();
    }

    @Test
    void retentionLeavesTheTurnToTheNodeThatHasIt() {
        R2dbcEventBus bus = fixture.bus(options -> options.retention(Duration.ZERO));
        publish(bus, "k", "\"done\"", null);
        Long meanwhile = Mono.usingWhen(
                        fixture.application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(Database.changed(
                                        connection,
                                        "SELECT pg_advisory_xact_lock(hashtextextended('penstock retention \"%s\"', 0))"
                                                .formatted(fixture.schema()),
                                        statement -> {}))
                                .then(bus.retire()),
                        connection ->
                                Mono.from(connection.rollbackTransaction()).then(Mono.from(connection.close())))
                .block(PATIENCE);

        assertThat(meanwhile).isZero();
        assertThat(bus.retire().block(PATIENCE)).isEqualTo(1);
    }

    @Test
    void retentionRemovesWhatADeletedConsumerIsStillOwed() {
        R2dbcEventBus bus = fixture.bus();
        bus.subscribe(consumer("kept", event -> Mono.empty()))
                .block(PATIENCE)
                .unsubscribe()
                .block(PATIENCE);
        publish(bus, "k", "\"done\"", null);
        fixture.execute(
                "INSERT INTO %1$s.inbox (consumer_id, seq, key_hash, partition) SELECT 99, seq, 0, 0 FROM %1$s.outbox_event"
                        .formatted(fixture.schema()));

        bus.retire().block(PATIENCE);

        assertThat(fixture.count("inbox")).isEqualTo(1);
        assertThat(fixture.inbox("kept")).isEqualTo(Map.of(0, 1L));
    }

    @Test
    void anIdleNodeWithThreeConsumersRunsAtMostTwoStatementsASecond() {
        R2dbcEventBus bus = fixture.bus(options -> options.pollInterval(Duration.ofSeconds(1)));
        countStatements();
        for (String name : List.of("a", "b", "c")) {
            fixture.subscribe(bus, consumer(name, event -> Mono.empty()));
        }

        // Counted over as long as five polls take, by the server: slower only makes it fewer.
        Instant from = now();
        long before = statements(fixture.schema()) + notifications();
        awaitThat(() -> Duration.between(from, now()).toMillis() >= 6_000);
        long ran = statements(fixture.schema()) + notifications() - before;

        assertThat(ran).isBetween(4L, 2 * 6L);
    }

    @Test
    void twoNodesShareThePartitionsFairlyAndTheOneThatStaysTakesAllOfThem() {
        R2dbcEventBus first = fixture.bus(options -> options.lease(Duration.ofSeconds(1)));
        R2dbcEventBus second = fixture.bus(options -> options.lease(Duration.ofSeconds(1)));
        ConsumerSpec<RawJson> odd =
                ConsumerSpec.named("odd").on("*").partitions(7).handle(event -> Mono.empty());
        fixture.subscribe(first, odd);
        fixture.subscribe(first, consumer("lonely", event -> Mono.empty()));
        second.subscribe(odd).block(PATIENCE);

        awaitThat(() -> shares("odd").equals(List.of(3L, 4L)));
        assertThat(shares("lonely")).isEqualTo(List.of(32L));

        first.close().block(PATIENCE);
        awaitThat(() -> shares("odd").equals(List.of(7L)));
        assertThat(shares("lonely")).isEmpty();
        assertThat(fixture.count("partition_lease WHERE suspect")).isZero();
    }

    @Test
    void aLeaseOfAConsumerThatNoLongerRunsHereIsNotRenewed() {
        R2dbcEventBus bus = fixture.bus(options -> options.lease(Duration.ofSeconds(1)));
        fixture.subscribe(bus, consumer("stays", event -> Mono.empty()));
        fixture.subscribe(bus, consumer("gone", event -> Mono.empty()))
                .unsubscribe()
                .block(PATIENCE);
        // As if the release had failed, or a beat under way had taken them afterwards.
        fixture.execute(("UPDATE %1$s.partition_lease SET node_id = (SELECT id FROM %1$s.node),"
                        + " expires_at = clock_timestamp() + interval '1 second'"
                        + " WHERE consumer_id = (SELECT id FROM %1$s.consumer WHERE name = 'gone')")
                .formatted(fixture.schema()));

        awaitThat(() -> fixture.leased("gone") == 0);
    }

    private List<Long> shares(String consumer) {
        return fixture.all(
                "SELECT count(*) AS n FROM %1$s.partition_lease JOIN %1$s.consumer ON id = consumer_id WHERE name = '%2$s' AND node_id IS NOT NULL GROUP BY node_id ORDER BY 1"
                        .formatted(fixture.schema(), consumer),
                row -> row.get("n", Long.class));
    }

    private Instant now() {
        return fixture.one("SELECT clock_timestamp() AS now", row -> row.get("now", Instant.class));
    }

    /** From nothing on: with many schemas the server forgets its least used statements, the newest first. */
    private void countStatements() {
        fixture.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
        fixture.execute("SELECT pg_stat_statements_reset()");
    }

    /** How often the bus ran statements on this schema that contain the text. */
    private long statements(String text) {
        return fixture.one(
                "SELECT coalesce(sum(calls), 0)::int8 AS n FROM pg_stat_statements WHERE query LIKE '%%\"%s\"%%' AND query LIKE '%%%s%%'"
                        .formatted(fixture.schema(), text),
                row -> row.get("n", Long.class));
    }

    private long notifications() {
        return fixture.one(
                "SELECT coalesce(sum(calls), 0)::int8 AS n FROM pg_stat_statements WHERE query LIKE 'NOTIFY %s%%'"
                        .formatted(fixture.channel()),
                row -> row.get("n", Long.class));
    }

    private static Mono<Void> behave(String payload) {
        return switch (payload) {
            case "\"die\"" -> Mono.error(new NeverRetryException("never"));
            case "\"retry\"" -> Mono.error(new IllegalStateException("again"));
            case "\"run\"" -> Mono.never();
            default -> Mono.empty();
        };
    }

    private static ConsumerSpec<RawJson> consumer(String name, Function<Event<RawJson>, Mono<Void>> handler) {
        return ConsumerSpec.named(name)
                .on("*")
                .ordered()
                .timeout(Duration.ofHours(1))
                .retry(RetryPolicy.DEFAULTS.withBackoff(Duration.ofHours(1), Duration.ofHours(1)))
                .handle(handler);
    }

    private static Event<RawJson> event(String key, String json, Instant deliverAt) {
        return Event.builder("order.placed", new RawJson(json))
                .key(key)
                .deliverAt(deliverAt)
                .build();
    }

    private static void publish(R2dbcEventBus bus, String key, String json, Instant deliverAt) {
        bus.publishAll(Flux.just(event(key, json, deliverAt))).blockLast(PATIENCE);
    }
}
