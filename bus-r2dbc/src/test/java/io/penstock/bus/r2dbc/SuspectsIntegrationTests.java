package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Delivery;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * After an owner's death: what was there is marked before it is handled, what was marked runs alone and counted. The
 * deaths here are written into the tables; the crash suite kills real nodes.
 */
class SuspectsIntegrationTests {

    private static final Duration MILLI = Duration.ofMillis(1);

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Queue<Integer> attempts = new ConcurrentLinkedQueue<>();
    private final Queue<Long> marksSeen = new ConcurrentLinkedQueue<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger mostRunning = new AtomicInteger();

    @Test
    void rowsOfADeadOwnerAreMarkedBeforeTheirHandlerRunsAndLaterOnesAreNot() {
        owedByADeadOwner(1, 3);
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(bus, spec("c", 3).concurrency(1).handle(event -> seeMarks()));
        awaitThat(() -> fixture.inbox("c").isEmpty());

        bus.publish(Keyed.event("new", 0)).block(PATIENCE);

        awaitThat(() -> marksSeen.size() == 4 && fixture.inbox("c").isEmpty());
        assertThat(List.copyOf(marksSeen).subList(0, 3))
                .allSatisfy(marks -> assertThat(marks).isPositive());
        assertThat(List.copyOf(marksSeen).get(3)).isZero();
    }

    @Test
    void rowsOfAnOwnerThatLeftAreNotMarked() {
        owedByADeadOwner(0, 3);
        R2dbcEventBus bus = fixture.bus();

        fixture.subscribe(bus, spec("c", 3).handle(event -> seeMarks()));

        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertThat(marksSeen).containsOnly(0L);
    }

    @Test
    void theMarksOfATransactionalHandlersRowsAreStoredOutsideItsTransaction() {
        owedByADeadOwner(1, 3);
        R2dbcEventBus bus = fixture.bus();

        fixture.subscribe(
                bus,
                spec("c", 3)
                        .concurrency(1)
                        .transactional(
                                Connection.class,
                                (event, tx) -> Delivery.current().then(seeMarks())));

        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertThat(marksSeen).hasSize(3).allSatisfy(marks -> assertThat(marks).isPositive());
    }

    @Test
    void orphanedRowsRunOneAtATimeOnTheNodeWithTheirAttemptCountedFirst() {
        register("c", "d");
        publishOrphans(10);
        R2dbcEventBus bus = fixture.bus();

        fixture.subscribe(bus, spec("c", 3).handle(event -> seeAlone("c")));
        fixture.subscribe(bus, spec("d", 3).handle(event -> seeAlone("d")));

        awaitThat(() -> fixture.inbox("c").isEmpty() && fixture.inbox("d").isEmpty());
        assertThat(mostRunning).hasValue(1);
        assertThat(attempts).hasSize(20).containsOnly(1);
        assertThat(marksSeen).hasSize(20).containsOnly(1L);
    }

    @Test
    void anOrphanedRowThatHangsKeepsNothingElseWaiting() {
        register("c");
        publishOrphans(20);
        R2dbcEventBus bus = fixture.bus();
        Sinks.Empty<Void> end = Sinks.empty();
        AtomicInteger others = new AtomicInteger();
        fixture.subscribe(
                bus,
                spec("c", 3)
                        .concurrency(4)
                        .handle(event -> event.payload().key().startsWith("orphan")
                                ? end.asMono()
                                : Mono.fromRunnable(others::incrementAndGet)));

        bus.publishAll(Flux.fromStream(Keyed.events("other", 0, 99))).then().block(PATIENCE);

        awaitThat(() -> others.get() == 100);
        end.tryEmitEmpty();
        awaitThat(() -> fixture.inbox("c").isEmpty());
    }

    @Test
    void anOrphanedRowWithItsAttemptsUsedUpIsADeadLetterAndDoesNotRun() {
        register("c");
        publishOrphans(1);
        fixture.execute("UPDATE " + fixture.schema() + ".inbox SET begun = 4");
        R2dbcEventBus bus = fixture.bus();

        fixture.subscribe(bus, spec("c", 3).handle(event -> seeAlone("c")));

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(attempts).isEmpty();
        assertThat(fixture.listener.dead).singleElement().satisfies(letter -> {
            assertThat(letter.attempts()).isEqualTo(3);
            assertThat(letter.error()).contains("HandlerNeverEndedException").contains("3 times");
        });
    }

    @Test
    void anOrphanedRowThatFailsIsRetriedLikeAnyOtherWithEachAttemptCountedOnce() {
        register("c");
        publishOrphans(1);
        R2dbcEventBus bus = fixture.bus();

        fixture.subscribe(
                bus,
                spec("c", 3)
                        .handle(event -> Delivery.current().flatMap(delivery -> {
                            attempts.add(delivery.attempt());
                            marksSeen.add(fixture.count("inbox WHERE begun > 0"));
                            return Mono.error(new IllegalStateException("no"));
                        })));

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(attempts).containsExactly(1, 2, 3);
        assertThat(marksSeen).containsExactly(1L, 0L, 0L);
        assertThat(fixture.listener.dead)
                .singleElement()
                .satisfies(letter -> assertThat(letter.attempts()).isEqualTo(3));
    }

    @Test
    void aStopThatCutsHandlersShortIsNoDeathOfTheNode() {
        owedByADeadOwner(1, 3);
        publishOrphans(1);
        fixture.execute("UPDATE %1$s.inbox SET begun = 0 WHERE seq <> (SELECT max(seq) FROM %1$s.inbox)"
                .formatted(fixture.schema()));
        R2dbcEventBus bus = fixture.bus(options -> options.grace(Duration.ofMillis(200)));
        fixture.subscribe(bus, spec("c", 3).handle(event -> Mono.never()));
        awaitThat(() -> fixture.listener.started.get() == 4);
        assertThat(fixture.count("inbox WHERE begun = 1")).isEqualTo(3);
        assertThat(fixture.count("inbox WHERE begun = 2")).isEqualTo(1);

        bus.close().block(PATIENCE);

        assertThat(fixture.count("inbox WHERE begun = 0")).isEqualTo(3);
        assertThat(fixture.count("inbox WHERE begun = 1")).isEqualTo(1);
    }

    @Test
    void whatANodeTakesBackFromItselfIsNotSuspected() {
        register("c");
        publish(3, "old");
        R2dbcEventBus bus = fixture.bus(options -> options.lease(Duration.ofSeconds(1)));
        bus.subscribe(spec("d", 3).handle(event -> Mono.empty())).block(PATIENCE);
        awaitThat(() -> fixture.count("node") == 1);
        fixture.execute("UPDATE %1$s.partition_lease SET node_id = (SELECT id FROM %1$s.node), expires_at = now()"
                .formatted(fixture.schema()));

        bus.subscribe(spec("c", 3).handle(event -> seeMarks())).block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertThat(marksSeen).hasSize(3).containsOnly(0L);
    }

    @Test
    void aRedrivenDeadLetterIsNoLongerSuspected() {
        register("c");
        publishOrphans(1);
        fixture.execute("UPDATE " + fixture.schema() + ".inbox SET begun = 4");
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(bus, spec("c", 3).handle(event -> seeMarks()));
        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));

        bus.deadLetters().redriveKey("c", "orphan0").block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertThat(marksSeen).containsExactly(0L);
    }

    private Mono<Void> seeMarks() {
        return Mono.fromRunnable(() -> marksSeen.add(fixture.count("inbox WHERE begun > 0")));
    }

    private Mono<Void> seeAlone(String consumer) {
        return Delivery.current().doOnNext(delivery -> see(consumer, delivery)).then();
    }

    private void see(String consumer, Delivery delivery) {
        mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
        attempts.add(delivery.attempt());
        marksSeen.add(fixture.count(
                "inbox JOIN %1$s.consumer ON id = consumer_id JOIN %1$s.outbox_event e USING (seq) WHERE name = '%2$s' AND e.id = '%3$s' AND begun = 2"
                        .formatted(fixture.schema(), consumer, delivery.event().id())));
        running.decrementAndGet();
    }

    /** The partitions' last owner has died, or, with 0, has left. */
    private void owedByADeadOwner(int dead, int events) {
        register("c");
        publish(events, "old");
        if (dead > 0) {
            fixture.execute("UPDATE " + fixture.schema()
                    + ".partition_lease SET node_id = gen_random_uuid(), expires_at = now() - interval '1 second'");
        }
    }

    private void publishOrphans(int count) {
        publish(count, "orphan");
        fixture.execute("UPDATE " + fixture.schema() + ".inbox SET begun = 1");
    }

    private void publish(int count, String prefix) {
        R2dbcEventBus bus = fixture.bus();
        bus.publishAll(Flux.fromStream(IntStream.range(0, count).mapToObj(i -> Keyed.event(prefix + i, 0))))
                .then()
                .then(bus.close())
                .block(PATIENCE);
    }

    private void register(String... consumers) {
        R2dbcEventBus bus = fixture.bus();
        for (String consumer : consumers) {
            fixture.subscribe(bus, spec(consumer, 3).handle(event -> Mono.empty()));
        }
        bus.close().block(PATIENCE);
    }

    private static ConsumerSpec.Builder<Keyed> spec(String name, int attempts) {
        return ConsumerSpec.named(name)
                .on(Keyed.TYPE, Keyed.class)
                .retry(RetryPolicy.attempts(attempts).withBackoff(MILLI, MILLI));
    }
}
