package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.spi.Batch;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Whenever something is cancelled, its data is all there or not at all, and its connection is given back clean. */
class CancelIntegrationTests {

    private static final int CANCELS = 8_000;
    private static final int HANDLERS = 2_000;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final AtomicInteger finished = new AtomicInteger();

    @Test
    void eightThousandRandomCancelsOfPublishesLeaveAllOrNothingAndNoConnection() {
        R2dbcEventBus bus = busWithTable();
        List<Throwable> errors = new CopyOnWriteArrayList<>();

        Flux.range(0, CANCELS)
                .flatMap(
                        i -> cancelled(publishing(bus, i), new Random(i)).onErrorResume(error -> {
                            errors.add(error);
                            return Mono.empty();
                        }),
                        32)
                .blockLast(PATIENCE.multipliedBy(2));

        assertThat(errors).isEmpty();
        assertThat(finished.get()).as("some were not cancelled").isBetween(CANCELS / 10, CANCELS * 9 / 10);
        assertNothingIsLeftBehind();
        assertThat(incomplete()).isZero();
    }

    /** A cancel reaches for the statement of its own transaction; it must not hit that of the connection's next one. */
    @Test
    void aCancelledTransactionDoesNotDisturbTheNextOneOnItsConnection() {
        R2dbcEventBus bus = fixture.bus(TestServer.pool(1), fixture.options().build());
        List<Throwable> errors = new CopyOnWriteArrayList<>();

        Flux.range(0, 300)
                .concatMap(i -> Mono.firstWithSignal(
                                bus.inTransaction(tx -> i % 2 == 0 ? Mono.never() : sleeping(tx.connection(), 60)),
                                Mono.delay(Duration.ofMillis(i % 7)).then())
                        .then(bus.inTransaction(tx -> sleeping(tx.connection(), 0.005)))
                        .onErrorResume(error -> {
                            errors.add(error);
                            return Mono.empty();
                        }))
                .blockLast(PATIENCE);

        assertThat(errors).isEmpty();
    }

    @Test
    void aStatementCreatedInATransactionDoesNotRunAfterItsEnd() {
        R2dbcEventBus bus = busWithTable();
        List<Mono<Void>> late = new ArrayList<>();

        bus.inTransaction(tx -> {
                    Statement statement =
                            tx.connection().createStatement("INSERT INTO " + fixture.schema() + ".data VALUES (NULL)");
                    Batch batch = tx.connection()
                            .createBatch()
                            .add("INSERT INTO " + fixture.schema() + ".data VALUES (NULL)");
                    late.add(Flux.from(statement.execute()).then());
                    late.add(Flux.from(batch.execute()).then());
                    late.add(Mono.from(tx.connection().createSavepoint("late")));
                    return Mono.empty();
                })
                .block(PATIENCE);

        assertThat(late)
                .allSatisfy(work -> assertThatThrownBy(() -> work.block(PATIENCE))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("has ended"));
        assertThat(fixture.count("data")).isZero();
    }

    @Test
    void twoThousandHandlersCancelledAtRandomByTheirTimeoutLeaveAllOrNothingAndNoConnection() {
        R2dbcEventBus bus = busWithTable();
        fixture.subscribe(
                bus,
                ConsumerSpec.named("invoicing")
                        .on("order.placed")
                        .concurrency(16)
                        .timeout(Duration.ofMillis(8))
                        .retry(RetryPolicy.attempts(1))
                        .transactional(
                                Connection.class,
                                (event, connection) -> insert(connection, event.id())
                                        .then(Mono.delay(Duration.ofMillis(
                                                new Random(event.id().hashCode()).nextInt(14))))
                                        .then(insert(connection, event.id()))
                                        .then()));

        bus.publishAll(BusFixture.range(HANDLERS, i -> event())).blockLast(PATIENCE);

        awaitThat(() -> fixture.count("inbox WHERE state <> 3") == 0);
        long dead = fixture.count("inbox");
        assertThat(dead).isBetween(HANDLERS / 20L, HANDLERS - HANDLERS / 20L);
        assertThat(fixture.count("data")).isEqualTo(2 * (HANDLERS - dead));
        assertThat(fixture.count("data JOIN %1$s.outbox_event USING (id) JOIN %1$s.inbox USING (seq)"
                        .formatted(fixture.schema())))
                .as("data of a dead letter")
                .isZero();
        assertNothingIsLeftBehind();
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void handlersCancelledByTheEndOfTheGraceTimeLeaveNothingAndNoConnection() {
        R2dbcEventBus bus = busWithTable();
        AtomicInteger started = new AtomicInteger();
        fixture.subscribe(
                bus,
                ConsumerSpec.named("invoicing")
                        .on("order.placed")
                        .concurrency(8)
                        .transactional(
                                Connection.class,
                                (event, connection) -> insert(connection, event.id())
                                        .doOnSuccess(done -> started.incrementAndGet())
                                        .then(
                                                event.id().hashCode() % 2 == 0
                                                        ? Mono.never()
                                                        : sleeping(connection, 60))));
        bus.publishAll(BusFixture.range(8, i -> event())).blockLast(PATIENCE);
        awaitThat(() -> started.get() == 8);

        bus.close().block(PATIENCE);

        assertNothingIsLeftBehind();
        assertThat(fixture.count("data")).isZero();
        assertThat(fixture.count("inbox WHERE state = 0")).isEqualTo(8);
    }

    private R2dbcEventBus busWithTable() {
        R2dbcEventBus bus = fixture.bus(options -> options.grace(Duration.ofMillis(100)));
        fixture.execute("CREATE TABLE " + fixture.schema() + ".data (id uuid)");
        return bus;
    }

    /** By turns through each door; a transaction writes a row before and after its event. */
    private Mono<Void> publishing(R2dbcEventBus bus, int i) {
        Event<RawJson> event = event();
        return switch (i % 3) {
            case 0 -> bus.publish(event).then();
            case 1 -> bus.publishAll(Flux.just(event, event(), event())).then();
            default ->
                bus.inTransaction(tx -> insert(tx.connection(), event.id())
                        .then(tx.publish(event))
                        .then(insert(tx.connection(), event.id())));
        };
    }

    /** At a random moment, one in five not at all. */
    private Mono<Void> cancelled(Mono<Void> work, Random random) {
        Mono<Void> counted = work.doOnSuccess(done -> finished.incrementAndGet());
        return random.nextInt(5) == 0
                ? counted
                : Mono.firstWithSignal(
                        counted,
                        Mono.delay(Duration.ofNanos(random.nextInt(12_000_000))).then());
    }

    private Mono<Void> insert(Connection connection, UUID id) {
        return Database.changed(
                        connection,
                        "INSERT INTO " + fixture.schema() + ".data VALUES ($1)",
                        statement -> statement.bind(0, id))
                .then();
    }

    /** Events of transactions have two rows of data, data has an event. */
    private long incomplete() {
        return fixture.one("""
                SELECT count(*) AS n
                  FROM (SELECT id, count(*) AS written FROM %1$s.data GROUP BY id) AS data
                  LEFT JOIN %1$s.outbox_event USING (id)
                 WHERE seq IS NULL OR written <> 2""".formatted(fixture.schema()), row -> row.get("n", Long.class));
    }

    private void assertNothingIsLeftBehind() {
        PoolMetrics metrics = fixture.application.getMetrics().get();
        awaitThat(() -> metrics.acquiredSize() == 0 && metrics.pendingAcquireSize() == 0);
        awaitThat(() -> fixture.<Long>one(
                        "SELECT count(*) AS n FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'",
                        row -> row.get("n", Long.class))
                == 0);
    }

    private static Mono<Void> sleeping(Connection connection, double seconds) {
        return Database.changed(connection, "SELECT pg_sleep(" + seconds + ")", s -> {})
                .then();
    }

    private static Event<RawJson> event() {
        return Event.of("order.placed", new RawJson("{}"));
    }
}
