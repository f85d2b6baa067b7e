package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Parked rows: no race may leave one behind nothing, and no number of them costs another key anything. */
class ParkingIntegrationTests {

    private static final ConsumerSpec<Keyed> SPEC =
            ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class).ordered().handle(event -> Mono.empty());

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private R2dbcEventBus bus;
    private Database database;
    private Claims claims;
    private Connection other;
    private Event<Keyed> head;

    /** A consumer that does not run, with a dead head and a ready row behind it. */
    @BeforeEach
    void aDeadHead() {
        bus = fixture.bus();
        database = new Database(fixture.application, new SchemaName(fixture.schema()), 3);
        Registered consumer = new Consumers(database).register(SPEC).block(PATIENCE);
        claims = new Claims(database, consumer, UUID.randomUUID());
        other = Mono.from(fixture.application.create()).block(PATIENCE);
        head = Keyed.event("a", 0);
        bus.publishAll(Flux.just(head, Keyed.event("a", 1))).then().block(PATIENCE);
        fixture.execute("UPDATE %s.inbox SET state = 3, holds_key = true, failed_at = now() WHERE seq = 1"
                .formatted(fixture.schema()));
    }

    @AfterEach
    void close() {
        Mono.from(other.close()).then(database.close()).block(PATIENCE);
    }

    @Test
    void aRowIsNotParkedBehindAHeadThatIsDiscardedAtTheSameTime() {
        Mono.from(other.beginTransaction()).block(PATIENCE);
        run("DELETE FROM %s.inbox WHERE seq = 1");
        CompletableFuture<Long> parking = claims.park(List.of(row(2))).toFuture();
        awaitThat(() -> waiting() == 1);

        Mono.from(other.commitTransaction()).block(PATIENCE);

        assertThat(Mono.fromFuture(parking).block(PATIENCE)).isZero();
        assertThat(stateOf(2)).as("ready").isEqualTo(0);
    }

    @Test
    void aDiscardWaitsForTheParkingOfARowAndThenReleasesIt() {
        Mono.from(other.beginTransaction()).block(PATIENCE);
        run("SELECT FROM %s.inbox WHERE seq = 2 FOR UPDATE");
        CompletableFuture<Long> parking = claims.park(List.of(row(2))).toFuture();
        awaitThat(() -> waiting() == 1);
        CompletableFuture<Boolean> discarding =
                bus.deadLetters().discard("c", head.id()).toFuture();
        awaitThat(() -> waiting() == 2);

        Mono.from(other.rollbackTransaction()).block(PATIENCE);

        assertThat(Mono.fromFuture(parking).block(PATIENCE)).isEqualTo(1);
        assertThat(Mono.fromFuture(discarding).block(PATIENCE)).isTrue();
        assertThat(fixture.count("inbox")).isEqualTo(1);
        assertThat(stateOf(2)).as("due, not parked behind nothing").isEqualTo(1);
    }

    @Test
    void aRowIsParkedBehindAHeadThatIsRedrivenAtTheSameTime() {
        Mono.from(other.beginTransaction()).block(PATIENCE);
        run("UPDATE %s.inbox SET state = 1, due_at = now(), attempts = 0 WHERE seq = 1");
        CompletableFuture<Long> parking = claims.park(List.of(row(2))).toFuture();
        awaitThat(() -> waiting() == 1);

        Mono.from(other.commitTransaction()).block(PATIENCE);

        assertThat(Mono.fromFuture(parking).block(PATIENCE)).isEqualTo(1);
        assertThat(stateOf(2)).isEqualTo(2);
    }

    @Test
    void aHundredThousandParkedRowsAreNotReadByTheClaimOfAnotherKey() {
        run("INSERT INTO %1$s.inbox (consumer_id, seq, key_hash, partition, state, holds_key)"
                + " SELECT 1, 10 + n, (SELECT key_hash FROM %1$s.inbox WHERE seq = 1), 0, 2, true"
                + " FROM generate_series(1, 100000) AS n");
        fixture.execute("ALTER SEQUENCE %s.outbox_event_seq_seq RESTART WITH 200000".formatted(fixture.schema()));
        bus.publishAll(Flux.fromStream(Keyed.events("b", 0, 4))).then().block(PATIENCE);
        fixture.execute("ANALYZE %s.inbox".formatted(fixture.schema()));

        List<String> plan = database.with(this::claim).block(PATIENCE);

        assertThat(plan.get(plan.size() - 1)).startsWith("Execution Time");
        assertThat(plan)
                .as("the ready rows, and no others")
                .anyMatch(line -> line.contains("using inbox_pkey on inbox")
                        && line.contains("actual time")
                        && line.contains(" rows=6.00 "));
        assertThat(plan.stream().filter(line -> line.contains("Rows Removed") || line.contains("Seq Scan")))
                .as(String.join("\n", plan))
                .isEmpty();
        assertThat(buffers(plan)).as(String.join("\n", plan)).isLessThan(120);
    }

    /** As when an application starts for the first time: the statement keeps the plan it got then. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHundredThousandEventsThatAreDoneAreNotReadByAClaimPlannedBeforeThereWereAny(boolean ordered) {
        run("DELETE FROM %1$s.inbox");
        run("TRUNCATE %1$s.outbox_event");
        run("VACUUM ANALYZE %1$s.inbox");
        run("VACUUM ANALYZE %1$s.outbox_event");

        List<String> plan = database.with(connection -> prepareClaim(connection, ordered)
                        .then(explainClaim(connection, ordered))
                        .publishOn(Schedulers.boundedElastic())
                        .doOnNext(planned -> storeMuchThatIsDoneAndLittleThatIsNot())
                        .then(explainClaim(connection, ordered)))
                .block(PATIENCE);

        assertThat(String.join("\n", plan)).contains("rows=5.00 ");
        assertThat(buffers(plan)).as(String.join("\n", plan)).isLessThan(120);
    }

    /** Pages touched by the whole claim: 100,000 rows, or their index entries, would be hundreds. */
    private static int buffers(List<String> plan) {
        Matcher hit =
                Pattern.compile("Buffers: shared hit=(\\d+)(?: read=(\\d+))?").matcher(String.join("\n", plan));
        assertThat(hit.find()).isTrue();
        return Integer.parseInt(hit.group(1)) + (hit.group(2) == null ? 0 : Integer.parseInt(hit.group(2)));
    }

    private void storeMuchThatIsDoneAndLittleThatIsNot() {
        run("INSERT INTO %1$s.outbox_event (id, key_hash, occurred_at, version, type, source, payload)"
                + " SELECT gen_random_uuid(), n, now(), 1, 'done', 'test', '{}' FROM generate_series(1, 100000) AS n");
        bus.publishAll(Flux.fromStream(Keyed.events("b", 0, 4))).then().block(PATIENCE);
    }

    private Mono<List<String>> claim(Connection connection) {
        return prepareClaim(connection, true).then(explainClaim(connection, true));
    }

    /** The plan of the bus's own session, generic as that of the prepared statement it executes. */
    private Mono<Void> prepareClaim(Connection connection, boolean ordered) {
        // Quoted, because the driver would want to bind its parameters.
        String prepare = "DO $do$ BEGIN EXECUTE $sql$ PREPARE claim (int4, int8, int4[], int8[], int4, text, text"
                + (ordered ? ", int8[], int8[]" : "") + ") AS "
                + database.sql(ordered ? Claims.READY_BY_KEY : Claims.READY) + " $sql$; END $do$";
        return Database.changed(connection, prepare, statement -> {}).then();
    }

    private static Mono<List<String>> explainClaim(Connection connection, boolean ordered) {
        String partitions =
                IntStream.range(0, 32).mapToObj(String::valueOf).collect(Collectors.joining(",", "'{", "}'"));
        String explain = "EXPLAIN (ANALYZE, BUFFERS) EXECUTE claim (1, 0, " + partitions + ", '{}', 100, '', ''"
                + (ordered ? ", '{}', '{}')" : ")");
        return Database.rows(connection, explain, statement -> {}, row -> String.valueOf(row.get(0, String.class)))
                .collectList();
    }

    private void run(String sql) {
        Database.changed(other, sql.formatted(fixture.schema()), statement -> {})
                .block(PATIENCE);
    }

    private int stateOf(long seq) {
        return fixture.one(
                "SELECT state::int4 AS state FROM %s.inbox WHERE seq = %d".formatted(fixture.schema(), seq),
                row -> row.get("state", Integer.class));
    }

    private int waiting() {
        return fixture.one(
                "SELECT count(*)::int4 AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%\""
                        + fixture.schema() + "\".inbox%'",
                row -> row.get("n", Integer.class));
    }

    private static Claimed row(long seq) {
        Event<RawJson> event = Event.of(Keyed.TYPE, new RawJson("{}"));
        return new Claimed(seq, 0, 0, 0, null, true, false, 0, 0, event);
    }
}
