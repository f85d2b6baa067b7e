package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.IsolationLevel;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Rows appear in the order of the commits, not of their positions: nothing is skipped and nothing comes twice. */
class LateCommitIntegrationTests {

    private static final int PUBLISHERS = 50;
    private static final int TRANSACTIONS = 20;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Map<UUID, AtomicInteger> delivered = new ConcurrentHashMap<>();
    private final Set<UUID> committed = ConcurrentHashMap.newKeySet();

    @Test
    void everyEventCommittedByFiftyConcurrentPublishersArrivesOnceAndNoneOfARolledBackOne() {
        R2dbcEventBus bus = fixture.bus();
        subscribe(bus);
        ConnectionPool connections = TestServer.pool(PUBLISHERS);

        Flux.range(0, PUBLISHERS)
                .flatMap(publisher -> publishing(bus, connections, new Random(publisher)), PUBLISHERS)
                .blockLast(PATIENCE);
        connections.disposeLater().block(PATIENCE);

        awaitThat(() -> delivered.size() == committed.size() && fixture.count("inbox") == 0);
        assertThat(committed.size()).isBetween(600, 900);
        assertThat(delivered.keySet()).isEqualTo(committed);
        assertThat(delivered.values()).allMatch(times -> times.get() == 1);
        assertThat(fixture.listener.failures).isEmpty();
        assertThat(fixture.listener.retries).isEmpty();
        assertThat(fixture.listener.duplicates).hasValue(0);
    }

    @Test
    void anEventOfALowerPositionThatCommitsLaterIsDeliveredByItsWakeUp() {
        R2dbcEventBus bus = fixture.bus();
        subscribe(bus);
        Event<RawJson> early = event("early");
        Event<RawJson> late = event("late");

        Publication publication = Mono.usingWhen(
                        fixture.application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(bus.publish(connection, late))
                                .delayUntil(published -> bus.publish(early))
                                .delayUntil(published -> awaited(early))
                                .delayUntil(published -> connection.commitTransaction()),
                        Connection::close)
                .block(PATIENCE);
        assertThat(delivered).doesNotContainKey(late.id());
        publication.committed();

        awaitThat(() -> delivered.containsKey(late.id()));
        assertThat(seqOf(late)).isLessThan(seqOf(early));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEventOfALowerPositionThatNobodyTellsOfReachesAConsumerThatWorksThroughABacklog(boolean ordered) {
        R2dbcEventBus bus = fixture.bus(options -> options.pollInterval(Duration.ofMillis(20)));
        ConsumerSpec.Builder<RawJson> busy =
                ConsumerSpec.named("audit").on("*").concurrency(4).prefetch(4);
        fixture.subscribe(
                bus,
                (ordered ? busy.ordered() : busy)
                        .handle(event -> Mono.delay(Duration.ofMillis(10)).then(deliver(event))));
        Event<RawJson> late = event("late");
        Event<RawJson> first = event("first");

        Mono.usingWhen(
                        fixture.application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(bus.publish(connection, late))
                                .delayUntil(published -> bus.publish(first))
                                .delayUntil(published -> bus.publishAll(BusFixture.range(1_000, i -> event("e" + i)))
                                        .then())
                                .delayUntil(published -> awaited(first))
                                .delayUntil(published -> connection.commitTransaction()),
                        Connection::close)
                .block(PATIENCE);

        awaitThat(() -> delivered.containsKey(late.id()));
        assertThat(delivered.size()).as("the backlog is not done").isLessThan(1_000);
    }

    @Test
    void aTransactionHeldOpenForTheWholeRunChangesNothingForOtherEvents() {
        R2dbcEventBus bus = fixture.bus();
        subscribe(bus);
        Event<RawJson> held = event("held");

        Publication publication = Mono.usingWhen(
                        fixture.application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(Mono.from(
                                        connection.setTransactionIsolationLevel(IsolationLevel.REPEATABLE_READ)))
                                .then(bus.publish(connection, held))
                                .delayUntil(published -> bus.publishAll(BusFixture.range(2_000, i -> event("e" + i)))
                                        .then())
                                .delayUntil(published -> Flux.interval(Duration.ofMillis(5))
                                        .onBackpressureDrop()
                                        .takeUntil(tick -> delivered.size() == 2_000)
                                        .then())
                                .delayUntil(published -> connection.commitTransaction()),
                        Connection::close)
                .block(PATIENCE);

        assertThat(delivered).hasSize(2_000).doesNotContainKey(held.id());
        publication.committed();
        awaitThat(() -> delivered.containsKey(held.id()) && fixture.count("inbox") == 0);
        assertThat(delivered.values()).allMatch(times -> times.get() == 1);
    }

    /** Ordered as well, as such a consumer reads and keeps its rows in another way. */
    private void subscribe(R2dbcEventBus bus) {
        fixture.subscribe(
                bus,
                ConsumerSpec.named("audit").on("*").ordered().concurrency(8).handle(this::deliver));
    }

    private Mono<Void> deliver(Event<RawJson> event) {
        return Mono.fromRunnable(() ->
                delivered.computeIfAbsent(event.id(), id -> new AtomicInteger()).incrementAndGet());
    }

    private Mono<Void> publishing(R2dbcEventBus bus, ConnectionPool connections, Random random) {
        return Flux.range(0, TRANSACTIONS)
                .concatMap(i -> transaction(
                        bus,
                        connections,
                        event("key-" + random.nextInt(20)),
                        Duration.ofMillis(random.nextInt(15)),
                        random.nextInt(5) != 0))
                .then();
    }

    private Mono<Void> transaction(
            R2dbcEventBus bus, ConnectionPool connections, Event<RawJson> event, Duration delay, boolean commit) {
        return Mono.usingWhen(
                connections.create(),
                connection -> Mono.from(connection.beginTransaction())
                        .then(bus.publish(connection, event))
                        .delayElement(delay)
                        .flatMap(publication -> commit
                                ? Mono.from(connection.commitTransaction())
                                        .then(Mono.fromRunnable(() -> committed(event, publication)))
                                : Mono.from(connection.rollbackTransaction())),
                Connection::close);
    }

    private void committed(Event<RawJson> event, Publication publication) {
        committed.add(event.id());
        publication.committed();
    }

    private Mono<Void> awaited(Event<RawJson> event) {
        return Flux.interval(Duration.ofMillis(5))
                .onBackpressureDrop()
                .takeUntil(tick -> delivered.containsKey(event.id()))
                .then();
    }

    private long seqOf(Event<RawJson> event) {
        return fixture.one(
                "SELECT seq FROM %s.outbox_event WHERE id = '%s'".formatted(fixture.schema(), event.id()),
                row -> row.get("seq", Long.class));
    }

    private static Event<RawJson> event(String key) {
        return Event.builder("order.placed", new RawJson("{}")).key(key).build();
    }
}
