package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.InvalidEventException;
import io.penstock.bus.PublishResult;
import io.penstock.bus.RawJson;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** A stream of events is stored in its order, with backpressure, whatever single events of it are like. */
class PublishAllIntegrationTests {

    private static final int MOST_OUTSTANDING = 1_024;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    @Test
    void eventsAreStoredAndReportedInTheOrderOfTheStream() {
        R2dbcEventBus bus = fixture.bus();
        List<Event<RawJson>> events = events(5_000);

        List<PublishResult> results =
                bus.publishAll(Flux.fromIterable(events)).collectList().block(PATIENCE);

        assertThat(results).allMatch(PublishResult::isStored);
        assertThat(results.stream().map(PublishResult::eventId)).containsExactlyElementsOf(ids(events));
        assertThat(stored()).containsExactlyElementsOf(ids(events));
    }

    @Test
    void aStreamIsRequestedOnlyAsFarAsItIsStored() {
        R2dbcEventBus bus = fixture.bus();
        AtomicLong requested = new AtomicLong();
        AtomicLong reported = new AtomicLong();
        AtomicLong mostOutstanding = new AtomicLong();
        Flux<Event<RawJson>> source = Flux.fromIterable(events(10_000)).doOnRequest(n -> {
            long outstanding = requested.addAndGet(n) - reported.get();
            mostOutstanding.accumulateAndGet(outstanding, Math::max);
        });

        bus.publishAll(source).doOnNext(result -> reported.incrementAndGet()).blockLast(PATIENCE);

        assertThat(reported).hasValue(10_000);
        // One more than the window: it is asked for while a result is on its way.
        assertThat(mostOutstanding.get()).isBetween(1L, MOST_OUTSTANDING + 1L);
    }

    @Test
    void aSubscriberThatWantsNoMoreResultsHoldsUpTheStream() {
        R2dbcEventBus bus = fixture.bus();
        AtomicLong requested = new AtomicLong();
        AtomicInteger results = new AtomicInteger();
        BaseSubscriber<PublishResult> slow = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                subscription.request(10);
            }

            @Override
            protected void hookOnNext(PublishResult result) {
                results.incrementAndGet();
            }
        };

        bus.publishAll(Flux.fromIterable(events(10_000)).doOnRequest(requested::addAndGet))
                .subscribe(slow);

        awaitThat(() -> results.get() == 10 && fixture.count("outbox_event") == MOST_OUTSTANDING + 10);
        assertThat(requested).hasValue(MOST_OUTSTANDING + 10);
        slow.requestUnbounded();
        awaitThat(() -> results.get() == 10_000);
    }

    @Test
    void refusedAndRepeatedEventsAreReportedInTheirPlaceAndTheStreamGoesOn() {
        R2dbcEventBus bus = fixture.bus();
        List<Event<RawJson>> events = events(1_000);
        events.set(10, Event.of("not a type", new RawJson("1")));
        events.set(20, events.get(5));
        events.set(999, events.get(998));

        List<PublishResult> results =
                bus.publishAll(Flux.fromIterable(events)).collectList().block(PATIENCE);

        assertThat(results.stream().map(PublishResult::eventId)).containsExactlyElementsOf(ids(events));
        assertThat(results.get(10).error()).isInstanceOf(InvalidEventException.class);
        assertThat(results.get(20).error()).isInstanceOf(DuplicateEventException.class);
        assertThat(results.get(999).error()).isInstanceOf(DuplicateEventException.class);
        assertThat(results.stream().filter(PublishResult::isStored)).hasSize(997);
        assertThat(stored()).hasSize(997);
    }

    @Test
    void repeatedIdsFailOneStatementAndNotOneForEachBatch() {
        R2dbcEventBus bus = fixture.bus();
        List<Event<RawJson>> events = events(3_000);
        List<Event<RawJson>> hundredths =
                IntStream.range(0, 30).mapToObj(i -> events.get(100 * i + 99)).toList();
        bus.publishAll(Flux.fromIterable(hundredths)).blockLast(PATIENCE);
        // A sequence counts also what is rolled back.
        fixture.execute("""
                CREATE SEQUENCE %1$s.tries;
                CREATE FUNCTION %1$s.count() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN PERFORM nextval('%1$s.tries'); RETURN new; END $$;
                CREATE TRIGGER count BEFORE INSERT ON %1$s.outbox_event FOR EACH ROW EXECUTE FUNCTION %1$s.count()
                """.formatted(fixture.schema()));

        List<PublishResult> results =
                bus.publishAll(Flux.fromIterable(events)).collectList().block(PATIENCE);

        assertThat(results.stream().filter(PublishResult::isStored)).hasSize(2_970);
        long tries = fixture.one(
                "SELECT last_value AS n FROM " + fixture.schema() + ".tries", row -> row.get("n", Long.class));
        assertThat(tries)
                .as("once each, and those up to the first repeated one")
                .isBetween(3_001L, 3_100L);
    }

    @Test
    void anErrorOfTheSourceIsPassedOnAndWhatCameBeforeItIsStored() {
        R2dbcEventBus bus = fixture.bus();

        Mono<Void> publishing = bus.publishAll(Flux.<Event<RawJson>>concat(
                        Flux.fromIterable(events(100)), Mono.error(new IllegalStateException("the source broke"))))
                .then();

        assertThatThrownBy(() -> publishing.block(PATIENCE)).hasMessage("the source broke");
        awaitThat(() -> fixture.count("outbox_event") == 100);
    }

    @Test
    void anErrorOfTheDatabaseEndsTheStreamAndStopsTheSource() {
        R2dbcEventBus bus = fixture.bus();
        fixture.execute("ALTER TABLE " + fixture.schema() + ".outbox_event ADD CHECK (type <> 'poison')");
        TestPublisher<Event<RawJson>> source = TestPublisher.create();
        AtomicBoolean failed = new AtomicBoolean();

        bus.publishAll(source.flux()).subscribe(result -> {}, error -> failed.set(true));
        source.next(Event.of("poison", new RawJson("1")));

        awaitThat(failed::get);
        source.assertCancelled();
    }

    @Test
    void aCancelStopsTheSourceAndWhatWasTakenIsStored() {
        R2dbcEventBus bus = fixture.bus();
        AtomicInteger taken = new AtomicInteger();
        AtomicBoolean cancelled = new AtomicBoolean();
        Flux<Event<RawJson>> source = Flux.fromIterable(events(100_000))
                .doOnNext(event -> taken.incrementAndGet())
                .doOnCancel(() -> cancelled.set(true));

        bus.publishAll(source).take(700).blockLast(PATIENCE);

        awaitThat(cancelled::get);
        awaitThat(() -> fixture.count("outbox_event") == taken.get());
        assertThat(taken.get()).isBetween(700, 700 + MOST_OUTSTANDING);
    }

    @Test
    void afterAnEventThatTheDatabaseRefusesNoLaterOneOfItsStreamIsStored() {
        R2dbcEventBus bus = fixture.bus();
        fixture.execute("""
                CREATE FUNCTION %1$s.refuse() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '53100'; END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON %1$s.outbox_event FOR EACH ROW
                    WHEN (new.type = 'refused') EXECUTE FUNCTION %1$s.refuse()
                """.formatted(fixture.schema()));
        Flux<Event<?>> events = Flux.range(0, 3_000)
                .map(i -> Event.of(i == 700 ? "refused" : "order.placed", new RawJson(String.valueOf(i))));

        StepVerifier.create(bus.publishAll(events))
                .expectNextCount(700)
                .expectErrorMessage("refused")
                .verify(PATIENCE);

        bus.close().block(PATIENCE);
        assertThat(fixture.count("outbox_event")).isEqualTo(700);
        assertThat(fixture.count("outbox_event WHERE payload::text::int >= 700"))
                .isZero();
    }

    @Test
    void twoStreamsAtOnceKeepEachItsOwnOrder() {
        R2dbcEventBus bus = fixture.bus();
        List<Event<RawJson>> one = events(2_000);
        List<Event<RawJson>> two = events(2_000);

        Flux.merge(bus.publishAll(Flux.fromIterable(one)), bus.publishAll(Flux.fromIterable(two)))
                .blockLast(PATIENCE);

        List<UUID> stored = stored();
        assertThat(stored).hasSize(4_000);
        assertThat(stored).containsSubsequence(ids(one)).containsSubsequence(ids(two));
    }

    private List<UUID> stored() {
        return fixture.all(
                "SELECT id FROM " + fixture.schema() + ".outbox_event ORDER BY seq", row -> row.get("id", UUID.class));
    }

    private static List<UUID> ids(List<Event<RawJson>> events) {
        return events.stream().map(Event::id).toList();
    }

    private static List<Event<RawJson>> events(int count) {
        List<Event<RawJson>> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(Event.of("order.placed", new RawJson("{}")));
        }
        return events;
    }
}
