package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.PublishOutcomeUnknownException;
import io.penstock.bus.PublishRejectedException;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.publisher.TestPublisher;
import reactor.util.retry.Retry;

/** Standalone publishes share commits; each of them succeeds or fails by itself. */
class GroupCommitIntegrationTests {

    private static final int LANES = 2;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    @Test
    void aThousandConcurrentPublishesTakeAtMostAHundredCommits() {
        long concurrent = commitsOf(bus -> Flux.range(0, 1_000).flatMap(i -> bus.publish(event()), 1_000));
        assertThat(fixture.count("outbox_event")).isEqualTo(1_000);
        assertThat(concurrent).isBetween(1L, 100L);

        long oneByOne = commitsOf(bus -> Flux.range(0, 200).concatMap(i -> bus.publish(event())));
        assertThat(oneByOne).as("the measure sees each commit").isGreaterThanOrEqualTo(200);
    }

    @Test
    void eachPublishCompletesOnlyAfterItsCommit() {
        R2dbcEventBus bus = fixture.bus();
        atCommit("PERFORM pg_sleep(0.005)");

        Long seen = Flux.range(0, 200)
                .map(i -> event())
                .flatMap(event -> bus.publish(event).then(Mono.defer(() -> isVisible(event.id()))), 200)
                .filter(visible -> visible)
                .count()
                .block(PATIENCE);

        assertThat(seen).isEqualTo(200);
    }

    @Test
    void aPublishWhoseCommitFailsIsAnErrorAndItsBatchMatesAreStored() {
        R2dbcEventBus bus = fixture.bus();
        atCommit("IF NEW.type = 'poison' THEN RAISE EXCEPTION 'refused at commit'; END IF");
        Event<RawJson> poison = Event.of("poison", new RawJson("1"));

        List<CompletableFuture<Void>> published = inOneBatch(bus, List.of(event(), poison, event()));

        assertThat(failure(published.get(1))).hasMessageContaining("refused at commit");
        assertThat(failure(published.get(0))).isNull();
        assertThat(failure(published.get(2))).isNull();
        assertThat(fixture.count("outbox_event WHERE type = 'poison'")).isZero();
        assertThat(fixture.count("outbox_event")).isEqualTo(LANES + 2);
    }

    @Test
    void anEventThatBreaksARuleOfTheDatabaseFailsAloneAndItsBatchMatesAreStored() {
        R2dbcEventBus bus = fixture.bus();
        fixture.execute("ALTER TABLE " + fixture.schema() + ".outbox_event ADD CHECK (type <> 'poison')");
        List<Event<RawJson>> events = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            events.add(i == 42 ? Event.of("poison", new RawJson("1")) : event());
        }

        List<CompletableFuture<Void>> published = inOneBatch(bus, events);

        assertThat(failure(published.get(42)))
                .isInstanceOfSatisfying(
                        R2dbcException.class,
                        error -> assertThat(error.getSqlState()).isEqualTo("23514"));
        assertThat(published.stream().filter(result -> failure(result) != null)).hasSize(1);
        assertThat(fixture.count("outbox_event")).isEqualTo(LANES + 99);
    }

    @Test
    void aRepeatedIdFailsAloneAlsoWhenBothAreInOneBatch() {
        R2dbcEventBus bus = fixture.bus();
        Event<RawJson> stored = event();
        Event<RawJson> twin = event();
        bus.publish(stored).block(PATIENCE);

        List<CompletableFuture<Void>> published = inOneBatch(bus, List.of(event(), stored, twin, twin, event()));

        assertThat(failure(published.get(1))).isInstanceOf(DuplicateEventException.class);
        assertThat(failure(published.get(3)))
                .isInstanceOfSatisfying(
                        DuplicateEventException.class,
                        duplicate -> assertThat(duplicate.eventId()).isEqualTo(twin.id()));
        assertThat(Stream.of(0, 2, 4).map(published::get).map(GroupCommitIntegrationTests::failure))
                .containsOnlyNulls();
        assertThat(fixture.count("outbox_event")).isEqualTo(LANES + 4);
        assertThat(fixture.listener.published).hasValue(LANES + 4);
    }

    @Test
    void aPublishWhoseBackendIsTerminatedHasAnUnknownOutcomeAndCanBeRepeated() {
        R2dbcEventBus bus = fixture.bus();
        Event<RawJson> first = event();
        Event<RawJson> second = event();
        List<CompletableFuture<Void>> published = new ArrayList<>();

        whileLocked(() -> {
            published.add(bus.publish(first).toFuture());
            published.add(bus.publish(second).toFuture());
            awaitThat(() -> waitingForLocks() == LANES);
            fixture.all(
                    "SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE " + waiting(),
                    row -> row.get("done", Boolean.class));
            published.forEach(result -> assertThat(failure(result))
                    .isInstanceOf(PublishOutcomeUnknownException.class)
                    .hasMessageContaining("same id"));
        });

        assertThat(fixture.count("outbox_event")).isZero();
        repeated(bus.publish(first)).then(repeated(bus.publish(second))).block(PATIENCE);
        assertThat(fixture.count("outbox_event")).isEqualTo(2);
    }

    @Test
    void connectionsThatDiedWhileNobodyUsedThemFailNoPublish() {
        R2dbcEventBus bus = fixture.bus();
        Flux.range(0, 1_000).flatMap(i -> bus.publish(event()), 1_000).blockLast(PATIENCE);

        fixture.all(
                "SELECT pg_terminate_backend(pid, 10000) AS done FROM pg_stat_activity WHERE application_name = 'penstock'",
                row -> row.get("done", Boolean.class));
        repeated(bus.publish(event())).block(PATIENCE);
        repeated(bus.publish(event())).block(PATIENCE);

        assertThat(fixture.count("outbox_event")).isEqualTo(1_002);
    }

    @Test
    void aPublishBeyondTheMostPendingOnesIsRejectedAndTheOthersAreStored() {
        R2dbcEventBus bus = fixture.bus(options -> options.maxPendingPublishes(10));
        List<CompletableFuture<Void>> published = new ArrayList<>();

        whileLocked(() -> {
            for (int i = 0; i < 13; i++) {
                published.add(bus.publish(event()).toFuture());
            }
            published
                    .subList(10, 13)
                    .forEach(result -> assertThat(failure(result))
                            .isInstanceOf(PublishRejectedException.class)
                            .hasMessageContaining("maxPendingPublishes"));
        });

        published.subList(0, 10).forEach(result -> assertThat(failure(result)).isNull());
        bus.publish(event()).block(PATIENCE);
        assertThat(fixture.count("outbox_event")).isEqualTo(11);
    }

    @Test
    void aStreamLongerThanTheMostPendingPublishesIsStoredAllTheSame() {
        R2dbcEventBus bus = fixture.bus(options -> options.maxPendingPublishes(3));

        Long stored = bus.publishAll(BusFixture.range(100, i -> event()))
                .filter(result -> result.isStored())
                .count()
                .block(PATIENCE);

        assertThat(stored).isEqualTo(100);
    }

    @Test
    void aPublishAfterCloseIsRejectedAndOneBeforeItIsStored() {
        R2dbcEventBus bus = fixture.bus();
        List<CompletableFuture<Void>> published = new ArrayList<>();
        CompletableFuture<?>[] closing = new CompletableFuture<?>[1];

        whileLocked(() -> {
            for (int i = 0; i < 5; i++) {
                published.add(bus.publish(event()).toFuture());
            }
            closing[0] = bus.close().toFuture();
        });

        published.forEach(result -> assertThat(failure(result)).isNull());
        assertThat(failure(closing[0])).isNull();
        assertThatThrownBy(() -> bus.publish(event()).block(PATIENCE))
                .isInstanceOf(PublishRejectedException.class)
                .hasMessageContaining("closed");
        assertThat(fixture.count("outbox_event")).isEqualTo(5);
    }

    @Test
    void whatAStreamHasGivenBeforeCloseIsStoredAndWhatItGivesAfterIsRejected() {
        R2dbcEventBus bus = fixture.bus();
        TestPublisher<Event<RawJson>> source = TestPublisher.create();
        AtomicInteger stored = new AtomicInteger();
        List<CompletableFuture<?>> ends = new ArrayList<>();

        whileLocked(() -> {
            ends.add(bus.publishAll(source.flux())
                    .doOnNext(result -> stored.incrementAndGet())
                    .then()
                    .toFuture());
            for (int i = 0; i < 100; i++) {
                source.next(event());
            }
            awaitThat(() -> waitingForLocks() == 1);
            ends.add(bus.close().toFuture());
        });

        assertThat(failure(ends.get(1))).isNull();
        assertThat(stored).hasValue(100);
        source.next(event());
        assertThat(failure(ends.get(0))).isInstanceOf(PublishRejectedException.class);
        assertThat(fixture.count("outbox_event")).isEqualTo(100);
        assertThat(fixture.listener.failures).isEmpty();
    }

    /** A connection may turn out to be dead only after the statement was sent on it. */
    private static Mono<Void> repeated(Mono<Void> publish) {
        return publish.retryWhen(Retry.max(10).filter(PublishOutcomeUnknownException.class::isInstance));
    }

    /** The commits of one bus, counted when its backends have ended: an idle one reports its own late. */
    private long commitsOf(Function<R2dbcEventBus, Flux<?>> publishing) {
        R2dbcEventBus bus = fixture.bus();
        awaitThat(() -> fixture.one("SELECT pg_stat_force_next_flush() IS NULL AS f", row -> true));
        long before = commits();
        publishing.apply(bus).blockLast(PATIENCE);
        bus.close().block(PATIENCE);
        awaitThat(() -> fixture.<Long>one(
                        "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'penstock'",
                        row -> row.get("n", Long.class))
                == 0);
        return commits() - before;
    }

    private long commits() {
        return fixture.one(
                "SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()",
                row -> row.get("n", Long.class));
    }

    private Mono<Boolean> isVisible(UUID id) {
        return Mono.usingWhen(
                fixture.application.create(),
                connection -> Database.rows(
                                connection,
                                "SELECT FROM " + fixture.schema() + ".outbox_event WHERE id = $1",
                                statement -> statement.bind(0, id),
                                row -> true)
                        .next()
                        .defaultIfEmpty(false),
                Connection::close);
    }

    /** Runs in the commit itself, after the statement has been answered. */
    private void atCommit(String body) {
        fixture.execute(
                "CREATE FUNCTION %1$s.at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %2$s; RETURN NULL; END $$"
                        .formatted(fixture.schema(), body));
        fixture.execute(
                "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON %1$s.outbox_event DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION %1$s.at_commit()"
                        .formatted(fixture.schema()));
    }

    /** Keeps both lanes busy while the events gather, so that they make one batch. */
    private List<CompletableFuture<Void>> inOneBatch(R2dbcEventBus bus, List<Event<RawJson>> events) {
        List<CompletableFuture<Void>> published = new ArrayList<>();
        List<CompletableFuture<Void>> keepingLanesBusy = new ArrayList<>();
        whileLocked(() -> {
            for (int lane = 1; lane <= LANES; lane++) {
                keepingLanesBusy.add(bus.publish(event()).toFuture());
                int busy = lane;
                awaitThat(() -> waitingForLocks() == busy);
            }
            events.forEach(event -> published.add(bus.publish(event).toFuture()));
        });
        published.forEach(GroupCommitIntegrationTests::failure);
        keepingLanesBusy.forEach(blocker -> assertThat(failure(blocker)).isNull());
        return published;
    }

    /** Holds a lock that no insert into the outbox gets past. */
    private void whileLocked(Runnable work) {
        Mono.usingWhen(
                        fixture.application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(Database.changed(
                                        connection, "LOCK TABLE " + fixture.schema() + ".outbox_event", s -> {}))
                                .then(Mono.fromRunnable(work).subscribeOn(Schedulers.boundedElastic())),
                        connection ->
                                Mono.from(connection.rollbackTransaction()).then(Mono.from(connection.close())))
                .block(PATIENCE);
    }

    private long waitingForLocks() {
        return fixture.one(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE " + waiting(), row -> row.get("n", Long.class));
    }

    private static String waiting() {
        return "application_name = 'penstock' AND wait_event_type = 'Lock'";
    }

    private static Throwable failure(CompletableFuture<?> future) {
        try {
            future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static Event<RawJson> event() {
        return Event.of("order.placed", new RawJson("{}"));
    }
}
