package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Transactional handlers: their writes and the removal from the inbox are one, and happen once. */
class InboxIntegrationTests {

    private static final RetryPolicy QUICK =
            RetryPolicy.attempts(3).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1));

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final AtomicInteger runs = new AtomicInteger();
    private final List<Integer> batchSizes = new CopyOnWriteArrayList<>();
    private R2dbcEventBus bus;

    @BeforeEach
    void effects() {
        bus = fixture.bus();
        fixture.execute("CREATE TABLE " + fixture.schema()
                + ".effect (key text, place int, transaction bigint DEFAULT txid_current())");
    }

    @Test
    void aFailingTransactionLeavesNeitherItsWritesNorTheRemoval() {
        fixture.subscribe(
                bus,
                each().retry(QUICK)
                        .transactional(
                                Connection.class,
                                (event, connection) -> write(connection, List.of(event))
                                        .then(Mono.error(
                                                new IllegalStateException("after " + runs.incrementAndGet())))));

        publish(Keyed.events("a", 0, 0));

        awaitThat(() -> fixture.listener.dead.size() == 1);
        assertThat(runs).hasValue(3);
        assertThat(fixture.count("effect")).isZero();
        assertThat(fixture.inbox("c")).isEqualTo(Map.of(3, 1L));
    }

    @Test
    void theWritesAndTheRemovalAppearTogether() {
        Sinks.Empty<Void> goOn = Sinks.empty();
        Sinks.Empty<Void> written = Sinks.empty();
        fixture.subscribe(
                bus,
                each().transactional(
                                Connection.class,
                                (event, connection) -> write(connection, List.of(event))
                                        .then(Mono.fromRunnable(written::tryEmitEmpty))
                                        .then(goOn.asMono())));
        publish(Keyed.events("a", 0, 0));
        written.asMono().block(PATIENCE);

        assertThat(fixture.count("effect")).isZero();
        assertThat(fixture.count("inbox")).isEqualTo(1);
        goOn.tryEmitEmpty();

        awaitThat(() -> fixture.count("effect") == 1);
        assertThat(fixture.count("inbox")).isZero();
    }

    @Test
    void aDeliveryFinishedBySomebodyElseIsADuplicateAndItsHandlerIsNotRun() {
        Sinks.Empty<Void> goOn = Sinks.empty();
        fixture.subscribe(
                bus,
                each().concurrency(1)
                        .transactional(
                                Connection.class,
                                (event, connection) -> Mono.defer(() -> {
                                    runs.incrementAndGet();
                                    return goOn.asMono().then(write(connection, List.of(event)));
                                })));
        publish(Keyed.events("a", 0, 1));
        awaitThat(() -> runs.get() == 1 && fixture.stats(bus, "c").inFlight() == 2);

        // The second one is claimed and waits in memory for the first.
        fixture.execute(
                "DELETE FROM %1$s.inbox WHERE seq = (SELECT max(seq) FROM %1$s.inbox)".formatted(fixture.schema()));
        goOn.tryEmitEmpty();

        awaitThat(() -> fixture.listener.duplicates.get() == 1);
        awaitThat(() -> fixture.count("effect") == 1);
        assertThat(runs).hasValue(1);
        awaitThat(() -> fixture.stats(bus, "c").inFlight() == 0);
    }

    @Test
    void aTwinWaitsOnTheRowAndIsADuplicateWhenTheOtherOneCommits() {
        deliverWhileTheRowIsLocked(Connection::commitTransaction);

        awaitThat(() -> fixture.listener.duplicates.get() == 1);
        assertThat(runs).hasValue(0);
        assertThat(fixture.count("effect")).isZero();
        assertThat(fixture.count("inbox")).isZero();
    }

    @Test
    void aTwinWaitsOnTheRowAndHandlesItWhenTheOtherOneRollsBack() {
        deliverWhileTheRowIsLocked(Connection::rollbackTransaction);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(runs).hasValue(1);
        assertThat(fixture.count("effect")).isEqualTo(1);
        assertThat(fixture.listener.duplicates).hasValue(0);
    }

    @Test
    void aBatchIsOneTransaction() {
        fixture.subscribe(
                bus,
                each().batchSize(50)
                        .concurrency(1)
                        .transactionalBatch(
                                Connection.class,
                                (events, connection) -> Mono.defer(() -> {
                                    batchSizes.add(events.size());
                                    return write(connection, events);
                                })));

        publish(Keyed.events("a", 0, 299));

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(fixture.count("effect")).isEqualTo(300);
        List<Integer> committed = fixture.all(
                "SELECT count(*)::int4 AS n FROM " + fixture.schema()
                        + ".effect GROUP BY transaction ORDER BY min(place)",
                row -> row.get("n", Integer.class));
        assertThat(committed).isEqualTo(batchSizes).hasSizeLessThan(100);
    }

    @Test
    void oneSpoiltEventInABatchOfAHundredDoesNotHoldBackTheOthers() {
        fixture.subscribe(
                bus,
                each().batchSize(100)
                        .retry(QUICK)
                        .transactionalBatch(
                                Connection.class,
                                (events, connection) -> Mono.defer(() -> {
                                    batchSizes.add(events.size());
                                    return write(connection, events).then(failIf(events, 57));
                                })));

        bus.inTransaction(tx -> Flux.fromStream(Keyed.events("a", 0, 99))
                        .concatMap(tx::publish)
                        .then())
                .block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)) && fixture.listener.dead.size() == 1);
        assertThat(fixture.count("effect")).isEqualTo(99);
        assertThat(fixture.count("effect WHERE place = 57")).isZero();
        assertThat(batchSizes).startsWith(100).hasSize(1 + 99 + 2).endsWith(1);
        assertThat(fixture.listener.dead.get(0).attempts())
                .as("the run in the batch is one of the three")
                .isEqualTo(3);
    }

    @Test
    void whatIsDoneAlreadyIsLeftOutOfABatchAndTheRestIsHandled() {
        Sinks.Empty<Void> goOn = Sinks.empty();
        fixture.subscribe(
                bus,
                each().batchSize(10)
                        .concurrency(1)
                        .transactionalBatch(
                                Connection.class,
                                (events, connection) -> Mono.defer(() -> {
                                    batchSizes.add(events.size());
                                    return goOn.asMono().then(write(connection, events));
                                })));
        publish(Keyed.events("a", 0, 0));
        awaitThat(() -> batchSizes.size() == 1);
        bus.inTransaction(tx -> Flux.fromStream(Keyed.events("b", 0, 9))
                        .concatMap(tx::publish)
                        .then())
                .block(PATIENCE);
        awaitThat(() -> fixture.stats(bus, "c").inFlight() == 11);

        fixture.execute("DELETE FROM %1$s.inbox WHERE seq IN (SELECT seq FROM %1$s.inbox ORDER BY seq DESC LIMIT 4)"
                .formatted(fixture.schema()));
        goOn.tryEmitEmpty();

        awaitThat(() -> fixture.count("effect") == 7);
        assertThat(fixture.count("inbox")).isZero();
        assertThat(batchSizes).containsExactly(1, 6);
        awaitThat(() -> fixture.listener.duplicates.get() == 4 && fixture.listener.completed.get() == 7);
    }

    /** Publishes to a consumer whose only row another transaction has removed, and ends that one somehow. */
    private void deliverWhileTheRowIsLocked(Function<Connection, Publisher<Void>> end) {
        Sinks.Empty<Void> claimed = Sinks.empty();
        fixture.subscribe(
                bus,
                each().concurrency(1)
                        .transactional(
                                Connection.class,
                                (event, connection) -> event.payload().place() == 0
                                        ? claimed.asMono()
                                        : write(connection, List.of(event))
                                                .doOnSubscribe(any -> runs.incrementAndGet())));
        publish(Keyed.events("a", 0, 1));
        awaitThat(() -> fixture.stats(bus, "c").inFlight() == 2);
        Connection other = Mono.from(fixture.application.create()).block(PATIENCE);
        Mono.from(other.beginTransaction()).block(PATIENCE);
        Database.changed(
                        other,
                        "DELETE FROM %1$s.inbox WHERE seq = (SELECT max(seq) FROM %1$s.inbox)"
                                .formatted(fixture.schema()),
                        statement -> {})
                .block(PATIENCE);

        claimed.tryEmitEmpty();
        fixture.awaitTakeThatWaits();

        assertThat(runs).hasValue(0);
        Mono.from(end.apply(other)).then(Mono.from(other.close())).block(PATIENCE);
    }

    private static ConsumerSpec.Builder<Keyed> each() {
        return ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class);
    }

    private Mono<Void> write(Connection connection, List<Event<Keyed>> events) {
        return Flux.fromIterable(events)
                .concatMap(event -> Database.changed(
                        connection,
                        "INSERT INTO " + fixture.schema() + ".effect (key, place) VALUES ($1, $2)",
                        statement -> statement
                                .bind(0, event.payload().key())
                                .bind(1, event.payload().place())))
                .then();
    }

    private static Mono<Void> failIf(List<Event<Keyed>> events, int place) {
        return events.stream().anyMatch(event -> event.payload().place() == place)
                ? Mono.error(new IllegalStateException("poison"))
                : Mono.empty();
    }

    private void publish(Stream<Event<Keyed>> events) {
        bus.publishAll(Flux.fromStream(events)).then().block(PATIENCE);
    }
}
