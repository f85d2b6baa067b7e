package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.BatchFailedException;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.NeverRetryException;
import io.penstock.bus.PostponeException;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** What is whose fault: the event's, another transaction's, the world's, or that of some events of a batch. */
class FailureKindsIntegrationTests {

    private static final Duration MILLI = Duration.ofMillis(1);
    private static final RetryPolicy ONE_ATTEMPT = RetryPolicy.attempts(1).withBackoff(MILLI, MILLI);
    private static final RetryPolicy TWO_ATTEMPTS = ONE_ATTEMPT.withMaxAttempts(2);

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Keyed.Log log = new Keyed.Log();
    private final AtomicInteger runs = new AtomicInteger();

    @Test
    void aPostponedDeliveryComesAgainAsOftenAsItTakesWithoutUsingItsOnlyAttempt() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                spec(ONE_ATTEMPT)
                        .handle(event -> runs.incrementAndGet() <= 5
                                ? Mono.error(new PostponeException("the other system is away", MILLI))
                                : Mono.empty()));

        bus.publish(Keyed.event("a", 0)).block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertThat(runs).hasValue(6);
        assertThat(fixture.listener.released).hasSize(5);
        assertThat(fixture.listener.dead).isEmpty();
    }

    @Test
    void aPostponedBatchOfAnOrderedConsumerComesAgainInOrder() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                spec(TWO_ATTEMPTS)
                        .ordered()
                        .handleBatch(events -> runs.incrementAndGet() <= 7
                                ? Mono.error(new PostponeException("away", MILLI))
                                : handled(events)));

        publish(bus, 50, "a", "b");

        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertOrdered(50, "a", "b");
        assertThat(fixture.listener.dead).isEmpty();
    }

    @Test
    void ofABatchOnlyTheNamedEventsFailAndTheOthersAreDone() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(bus, spec(TWO_ATTEMPTS).handleBatch(events -> {
            runs.addAndGet(events.size());
            return failing(events, event -> event.payload().place() == 3, new NeverRetryException("refused"));
        }));

        publish(bus, 10, "a");

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(runs).hasValue(10);
        assertThat(fixture.listener.dead)
                .singleElement()
                .satisfies(letter -> assertThat(letter.error()).contains("refused"));
    }

    @Test
    void ofAnOrderedBatchTheFailedEventHoldsItsKeyAndWhatCameBehindItUsesNoAttempt() {
        R2dbcEventBus bus = fixture.bus();
        AtomicBoolean broken = new AtomicBoolean(true);
        fixture.subscribe(bus, spec(TWO_ATTEMPTS).ordered().handleBatch(events -> {
            runs.incrementAndGet();
            return failing(
                    events,
                    event ->
                            event.payload().key().equals("a") && event.payload().place() >= 4 && broken.get(),
                    new IllegalStateException("not now"));
        }));

        publish(bus, 10, "a", "b");

        awaitThat(() -> fixture.inbox("c").equals(Map.of(2, 5L, 3, 1L)));
        assertThat(fixture.count("inbox WHERE attempts > 0")).isEqualTo(1);
        broken.set(false);
        bus.deadLetters().redriveKey("c", "a").block(PATIENCE);
        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertOrdered(10, "a", "b");
    }

    @Test
    void ofATransactionalBatchNothingIsCommittedAndTheUnnamedComeAgain() {
        R2dbcEventBus bus = fixture.bus();
        fixture.execute("CREATE TABLE " + fixture.schema() + ".effect (place int)");
        fixture.subscribe(
                bus,
                spec(TWO_ATTEMPTS)
                        .transactionalBatch(
                                Connection.class,
                                (events, tx) -> insert(tx, events)
                                        .then(failing(
                                                events,
                                                event -> event.payload().place() == 3,
                                                new NeverRetryException("refused")))));

        publish(bus, 10, "a");

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(fixture.count("effect")).isEqualTo(9);
        assertThat(fixture.count("effect WHERE place = 3")).isZero();
        assertThat(fixture.listener.dead)
                .singleElement()
                .satisfies(letter -> assertThat(letter.attempts()).isEqualTo(1));
    }

    @Test
    void idsThatAreNotInTheBatchMakeItFailAsAWhole() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                spec(TWO_ATTEMPTS)
                        .handleBatch(events -> Mono.error(new BatchFailedException(
                                Map.of(UUID.randomUUID(), new IllegalStateException("whose?"))))));

        publish(bus, 3, "a");

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 3L)));
    }

    @Test
    void aDeadlockBetweenTwoHandlersIsRetriedAndPoisonsNeither() {
        R2dbcEventBus bus = fixture.bus();
        fixture.execute("CREATE TABLE %1$s.account AS SELECT id, 0 AS changes FROM generate_series(0, 1) AS id"
                .formatted(fixture.schema()));
        Queue<Sinks.Empty<Void>> waiting = new ConcurrentLinkedQueue<>();
        fixture.subscribe(bus, spec(ONE_ATTEMPT).transactional(Connection.class, (event, tx) -> {
            int first = event.payload().place() % 2;
            return change(tx, first)
                    .then(Mono.defer(() -> bothHaveOne(waiting)))
                    .then(change(tx, 1 - first));
        }));

        publish(bus, 2, "a");

        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertThat(fixture.count("account WHERE changes = 2")).isEqualTo(2);
        assertThat(fixture.listener.dead).isEmpty();
        assertThat(fixture.listener.released)
                .isNotEmpty()
                .allSatisfy(released -> assertThat(released.reason()).contains("deadlock detected"));
    }

    @Test
    void theErrorOfTheWorkIsReportedAlsoWhenItsRollbackFails() {
        R2dbcEventBus bus = fixture.bus();
        IllegalArgumentException mine = new IllegalArgumentException("mine");

        Mono<Void> work = bus.inTransaction(tx -> Database.rows(
                        tx.connection(),
                        "SELECT pg_backend_pid() AS pid",
                        s -> {},
                        row -> row.get("pid", Integer.class))
                .next()
                .publishOn(Schedulers.boundedElastic())
                .doOnNext(pid -> fixture.execute("SELECT pg_terminate_backend(" + pid + ", 10000)"))
                .then(Mono.error(mine)));

        assertThatThrownBy(() -> work.block(PATIENCE)).isSameAs(mine);
    }

    @Test
    void aSerializationFailureIsRetriedAndIsNoAttempt() {
        R2dbcEventBus bus = fixture.bus();
        fixture.execute("CREATE TABLE %1$s.account AS SELECT 0 AS id, 0 AS changes".formatted(fixture.schema()));
        fixture.subscribe(
                bus,
                spec(ONE_ATTEMPT)
                        .transactional(
                                Connection.class,
                                (event, tx) -> sql(tx, "SET LOCAL lock_timeout = '10s'")
                                        .then(Mono.defer(
                                                () -> runs.incrementAndGet() <= 3 ? lose(tx) : change(tx, 0)))));

        publish(bus, 1, "a");

        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertThat(runs).hasValue(4);
        assertThat(fixture.count("account WHERE changes = 1")).isEqualTo(1);
        assertThat(fixture.listener.dead).isEmpty();
    }

    /** As the server says it when a transaction of a stricter isolation meets a newer write. */
    private Mono<Void> lose(Connection tx) {
        return sql(tx, "DO $$ BEGIN RAISE 'could not serialize access' USING ERRCODE = '40001'; END $$");
    }

    /** The first to come waits for the second; whoever comes later, on its second run, does not. */
    private Mono<Void> bothHaveOne(Queue<Sinks.Empty<Void>> waiting) {
        int run = runs.incrementAndGet();
        if (run > 2) {
            return Mono.empty();
        }
        Sinks.Empty<Void> mine = Sinks.empty();
        waiting.add(mine);
        if (run == 2) {
            waiting.forEach(Sinks.Empty::tryEmitEmpty);
        }
        return mine.asMono();
    }

    private Mono<Void> change(Connection tx, int account) {
        return sql(
                tx, "UPDATE %s.account SET changes = changes + 1 WHERE id = %d".formatted(fixture.schema(), account));
    }

    private Mono<Void> insert(Connection tx, List<Event<Keyed>> events) {
        return Flux.fromIterable(events)
                .concatMap(event -> sql(
                        tx,
                        "INSERT INTO %s.effect VALUES (%d)"
                                .formatted(fixture.schema(), event.payload().place())))
                .then();
    }

    private static Mono<Void> sql(Connection tx, String sql) {
        return Database.changed(tx, sql, statement -> {}).then();
    }

    private Mono<Void> handled(List<Event<Keyed>> events) {
        return Mono.fromRunnable(() -> events.forEach(event -> log.add(event.payload())));
    }

    private Mono<Void> failing(List<Event<Keyed>> events, Predicate<Event<Keyed>> fails, RuntimeException failure) {
        Map<UUID, Throwable> failures = new HashMap<>();
        events.stream().filter(fails).forEach(event -> failures.put(event.id(), failure));
        List<Event<Keyed>> done = events.stream().filter(fails.negate()).toList();
        return handled(done).then(failures.isEmpty() ? Mono.empty() : Mono.error(new BatchFailedException(failures)));
    }

    private void publish(R2dbcEventBus bus, int perKey, String... keys) {
        Flux<Event<Keyed>> events = Flux.range(0, perKey)
                .concatMapIterable(place -> List.of(keys).stream()
                        .map(key -> Keyed.event(key, place))
                        .toList());
        bus.inTransaction(tx -> events.collectList().flatMap(tx::publishAll)).block(PATIENCE);
    }

    private void assertOrdered(int perKey, String... keys) {
        for (String key : keys) {
            assertThat(log.of(key))
                    .containsExactlyElementsOf(Flux.range(0, perKey).toIterable());
        }
    }

    private static ConsumerSpec.Builder<Keyed> spec(RetryPolicy retry) {
        return ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class).retry(retry);
    }
}
