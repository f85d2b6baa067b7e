package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.PublishOutcomeUnknownException;
import io.penstock.bus.PublishResult;
import io.penstock.bus.RawJson;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * While a batch of a stream is being committed the next one is inserted, and it is stored behind it or not at all. Of
 * these streams the first event goes alone, the next 512 are a batch, and the commit of that one waits in each test.
 */
class PublishInTurnIntegrationTests {

    private static final int EVENTS = 1_024;
    private static final int HELD = 5;
    private static final String RAISE =
            "IF nextval('%%1$s.tries') %s THEN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END IF";
    private static final String ONCE = RAISE.formatted("= 1");

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Sinks.Empty<Void> release = Sinks.empty();
    private final List<PublishResult> results = new CopyOnWriteArrayList<>();
    private final AtomicReference<Throwable> end = new AtomicReference<>();
    private Mono<Void> holding = Mono.empty();
    private R2dbcEventBus bus;
    private int lock;

    @BeforeEach
    void holdTheCommit() {
        bus = fixture.bus();
        lock = fixture.schema().hashCode();
        fixture.execute("CREATE SEQUENCE " + fixture.schema() + ".tries");
        Sinks.Empty<Void> held = Sinks.empty();
        holding = Mono.usingWhen(
                        fixture.application.create(),
                        connection -> Database.changed(
                                        connection, "SELECT pg_advisory_lock(4711, " + lock + ")", statement -> {})
                                .doOnNext(locked -> held.tryEmitEmpty())
                                .then(release.asMono())
                                .then(Database.changed(
                                        connection, "SELECT pg_advisory_unlock(4711, " + lock + ")", statement -> {})),
                        connection -> connection.close())
                .then()
                .cache();
        holding.subscribe();
        held.asMono().block(PATIENCE);
    }

    @AfterEach
    void letGo() {
        release.tryEmitEmpty();
        holding.block(PATIENCE);
    }

    @Test
    void aBatchIsVisibleOnlyBehindTheOneBeforeIt() {
        atTheHeldCommit("NULL");
        List<Event<RawJson>> events = events();
        publish(events);

        awaitThat(this::nextIsInserted);
        assertThat(stored()).as("the first event goes alone").hasSize(1);

        finish();
        assertThat(end.get()).isNull();
        assertThat(stored()).containsExactlyElementsOf(ids(events));
        assertThat(results.stream().map(PublishResult::eventId)).containsExactlyElementsOf(ids(events));
        assertThat(results).allMatch(PublishResult::isStored);
    }

    @Test
    void aBatchThatCouldNotBeCommittedIsWrittenAgainBeforeTheNextOne() {
        atTheHeldCommit(ONCE);
        List<Event<RawJson>> events = events();
        publish(events);

        awaitThat(this::nextIsInserted);
        finish();

        assertThat(tries()).as("the commit failed, and was done again").isEqualTo(2);
        assertThat(end.get()).isNull();
        assertThat(stored()).containsExactlyElementsOf(ids(events));
        assertThat(results).hasSize(EVENTS).allMatch(PublishResult::isStored);
        assertThat(fixture.listener.published).hasValue(EVENTS);
    }

    @Test
    void nothingIsStoredBehindAnEventThatCannotBeCommitted() {
        atTheHeldCommit("RAISE EXCEPTION 'refused at commit' USING ERRCODE = '53100'");
        List<Event<RawJson>> events = events();
        publish(events);

        awaitThat(this::nextIsInserted);
        finish();

        assertThat(end.get()).hasMessageContaining("refused at commit");
        assertThat(stored()).containsExactlyElementsOf(ids(events).subList(0, HELD));
        assertThat(results).hasSize(HELD);
    }

    @Test
    void nothingIsStoredBehindABatchWhoseConnectionBreaksInTheCommit() {
        atTheHeldCommit("NULL");
        List<Event<RawJson>> events = events();
        publish(events);

        awaitThat(this::nextIsInserted);
        terminate(committing());
        finish();

        assertThat(end.get()).isInstanceOf(PublishOutcomeUnknownException.class).hasMessageContaining("same id");
        assertThat(stored()).as("the first event went alone").hasSize(1);
        assertThat(fixture.count("inbox")).isZero();
    }

    @Test
    void anIdOfTheBatchBeforeIsFoundRepeatedOnceThatIsCommitted() {
        atTheHeldCommit("NULL");
        List<Event<RawJson>> events = events();
        events.set(600, events.get(HELD));
        publish(events);

        awaitThat(() -> backends(waitingForTheOther()).size() == 1);
        finish();

        assertThat(end.get()).isNull();
        assertThat(results.get(600).error()).isInstanceOf(DuplicateEventException.class);
        assertThat(results.stream().filter(PublishResult::isStored)).hasSize(EVENTS - 1);
        List<UUID> distinct = new ArrayList<>(ids(events));
        distinct.remove(600);
        assertThat(stored()).containsExactlyElementsOf(distinct);
    }

    @Test
    void anIdOfABatchThatIsWrittenAgainIsFoundRepeatedInTheNextOne() {
        atTheHeldCommit(ONCE);
        List<Event<RawJson>> events = events();
        events.set(600, events.get(HELD));
        publish(events);

        awaitThat(() -> backends(waitingForTheOther()).size() == 1);
        finish();

        assertThat(tries()).as("the commit failed, and was done again").isEqualTo(2);
        assertThat(end.get()).isNull();
        assertThat(results.get(HELD).isStored()).isTrue();
        assertThat(results.get(600).error()).isInstanceOf(DuplicateEventException.class);
        List<UUID> distinct = new ArrayList<>(ids(events));
        distinct.remove(600);
        assertThat(stored()).containsExactlyElementsOf(distinct);
    }

    @Test
    void twoStreamsWhoseCommitsFailNeedNoMoreConnectionsThanThereAre() {
        bus = fixture.bus(options -> options.connections(2));
        atTheHeldCommit(RAISE.formatted("<= 2"));
        List<Event<RawJson>> one = events();
        List<Event<RawJson>> other = events();
        publish(one, other);

        awaitThat(() -> backends(committing()).size() == 2);
        finish();

        assertThat(tries()).as("both commits failed, and were done again").isEqualTo(4);
        assertThat(end.get()).isNull();
        assertThat(results).hasSize(2 * EVENTS).allMatch(PublishResult::isStored);
        assertThat(stored()).containsSubsequence(ids(one)).containsSubsequence(ids(other));
    }

    @Test
    void aBatchThatIsRefusedIsWrittenOneByOneBehindTheOneBeforeIt() {
        atTheHeldCommit("NULL");
        fixture.execute("""
                CREATE FUNCTION %1$s.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM nextval('%1$s.tries');
                    RAISE EXCEPTION 'refused' USING ERRCODE = '53100';
                END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON %1$s.outbox_event
                    FOR EACH ROW WHEN (new.payload::text = '700') EXECUTE FUNCTION %1$s.refuse()
                """.formatted(fixture.schema()));
        List<Event<RawJson>> events = events();
        publish(events);

        awaitThat(() -> backends(committing()).size() == 1 && refusals() == 1);
        assertThat(stored()).hasSize(1);
        finish();

        assertThat(end.get()).hasMessageContaining("refused");
        assertThat(results).hasSize(700);
        assertThat(stored()).containsExactlyElementsOf(ids(events).subList(0, 700));
    }

    @Test
    void aBatchWhoseConnectionBreaksWhileItWaitsIsNotStored() {
        atTheHeldCommit("NULL");
        List<Event<RawJson>> events = events();
        publish(events);

        awaitThat(this::nextIsInserted);
        terminate(inserted());
        finish();

        assertThat(end.get()).isInstanceOf(PublishOutcomeUnknownException.class);
        assertThat(results).hasSize(513).allMatch(PublishResult::isStored);
        assertThat(stored()).containsExactlyElementsOf(ids(events).subList(0, 513));
    }

    @Test
    void aBusThatClosesMeanwhileWaitsForBoth() {
        atTheHeldCommit("NULL");
        publish(events());

        awaitThat(this::nextIsInserted);
        AtomicBoolean closed = new AtomicBoolean();
        bus.close().subscribe(nothing -> {}, end::set, () -> closed.set(true));
        assertThat(closed).isFalse();
        finish();
        awaitThat(closed::get);

        assertThat(results.size()).isEqualTo(stored().size()).isEqualTo(EVENTS);
        assertThat(end.get()).isNull();
    }

    /** Nothing is inserted before all of them wait. */
    @SafeVarargs
    private void publish(List<Event<RawJson>>... streams) {
        Mono.usingWhen(
                        fixture.application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(Database.changed(
                                        connection, "LOCK TABLE " + fixture.schema() + ".outbox_event", s -> {}))
                                .then(Mono.fromRunnable(() -> List.of(streams).forEach(this::subscribe))
                                        .subscribeOn(Schedulers.boundedElastic())),
                        connection ->
                                Mono.from(connection.rollbackTransaction()).then(Mono.from(connection.close())))
                .block(PATIENCE);
    }

    private void subscribe(List<Event<RawJson>> events) {
        bus.publishAll(Flux.fromIterable(events)).subscribe(results::add, end::set);
    }

    /** Lets the commit go on; the bus has nothing to write any more when this returns. */
    private void finish() {
        letGo();
        bus.close().block(PATIENCE);
    }

    private boolean nextIsInserted() {
        return backends(committing()).size() == 1 && backends(inserted()).size() == 1;
    }

    private String committing() {
        return "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = 4711"
                + " AND objid::int8 = " + Integer.toUnsignedLong(lock) + ")";
    }

    private String inserted() {
        return appending() + " AND state = 'idle in transaction'";
    }

    private String waitingForTheOther() {
        return appending() + " AND wait_event = 'transactionid'";
    }

    private String appending() {
        return "application_name = 'penstock' AND query LIKE 'WITH numbered%' AND query LIKE '%" + fixture.schema()
                + "%'";
    }

    private List<Integer> backends(String condition) {
        return fixture.all("SELECT pid FROM pg_stat_activity WHERE " + condition, row -> row.get("pid", Integer.class));
    }

    private void terminate(String condition) {
        List<Boolean> terminated = fixture.all(
                "SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE " + condition,
                row -> row.get("done", Boolean.class));
        assertThat(terminated).containsExactly(true);
    }

    private long refusals() {
        return fixture.one(
                "SELECT last_value * is_called::int AS n FROM " + fixture.schema() + ".tries",
                row -> row.get("n", Long.class));
    }

    private long tries() {
        return fixture.one(
                "SELECT last_value AS n FROM " + fixture.schema() + ".tries", row -> row.get("n", Long.class));
    }

    /** Runs in the commit itself, after the statement has been answered. */
    private void atTheHeldCommit(String body) {
        fixture.execute("""
                CREATE FUNCTION %1$s.at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_advisory_xact_lock(4711, %4$s);
                    %2$s;
                    RETURN NULL;
                END $$;
                CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON %1$s.outbox_event DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW WHEN (new.payload::text = '%3$s') EXECUTE FUNCTION %1$s.at_commit()
                """.formatted(fixture.schema(), body.formatted(fixture.schema()), HELD, lock));
    }

    private List<UUID> stored() {
        return fixture.all(
                "SELECT id FROM " + fixture.schema() + ".outbox_event ORDER BY seq", row -> row.get("id", UUID.class));
    }

    private static List<UUID> ids(List<Event<RawJson>> events) {
        return events.stream().map(Event::id).toList();
    }

    private static List<Event<RawJson>> events() {
        List<Event<RawJson>> events = new ArrayList<>();
        IntStream.range(0, EVENTS).forEach(i -> events.add(Event.of("order.placed", new RawJson(String.valueOf(i)))));
        return events;
    }
}
