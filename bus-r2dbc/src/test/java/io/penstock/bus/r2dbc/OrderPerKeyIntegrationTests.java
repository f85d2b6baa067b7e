package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.OnDead;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Ordered consumers: one key's events one at a time and in order, whatever happens to other keys. */
class OrderPerKeyIntegrationTests {

    private static final RetryPolicy QUICK =
            RetryPolicy.attempts(2).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1));

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Keyed.Log log = new Keyed.Log();
    private final Set<Keyed> failing = ConcurrentHashMap.newKeySet();

    @Test
    void aThousandEventsOverFiftyKeysArriveInPublicationOrderPerKeyWhileKeysOverlap() {
        R2dbcEventBus bus = fixture.bus();
        Set<String> running = ConcurrentHashMap.newKeySet();
        AtomicInteger twiceAtOnce = new AtomicInteger();
        Sinks.Empty<Void> eightKeysRun = Sinks.empty();
        fixture.subscribe(
                bus,
                ordered("c")
                        .concurrency(8)
                        .handle(event -> Mono.defer(() -> {
                            Keyed keyed = event.payload();
                            if (!running.add(keyed.key())) {
                                twiceAtOnce.incrementAndGet();
                            }
                            if (running.size() == 8) {
                                eightKeysRun.tryEmitEmpty();
                            }
                            // Nobody gets on before eight keys are being handled at once.
                            return eightKeysRun.asMono().then(Mono.fromRunnable(() -> {
                                log.add(keyed);
                                running.remove(keyed.key());
                            }));
                        })));

        publish(bus, IntStream.range(0, 1_000).mapToObj(i -> Keyed.event("k" + i % 50, i / 50)));

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(twiceAtOnce).hasValue(0);
        assertThat(log.places).hasSize(50);
        assertThat(log.places.values()).allSatisfy(places -> assertThat(places).containsExactlyElementsOf(upTo(20)));
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void aHeadThatFailsTwiceHoldsBackItsKeyOnly() {
        R2dbcEventBus bus = fixture.bus();
        AtomicInteger runsOfHead = new AtomicInteger();
        Sinks.Empty<Void> othersAreDone = Sinks.empty();
        fixture.subscribe(
                bus,
                ordered("c")
                        .retry(QUICK.withMaxAttempts(3))
                        .handle(event -> Mono.defer(() -> {
                            if (event.payload().equals(new Keyed("bad", 0))) {
                                return runsOfHead.incrementAndGet() <= 2
                                        ? othersAreDone.asMono().then(Mono.error(new IllegalStateException("not yet")))
                                        : record(event);
                            }
                            return record(event);
                        })));

        publish(bus, IntStream.range(0, 200).mapToObj(i -> Keyed.event(i % 10 == 0 ? "bad" : "good" + i % 10, i / 10)));

        awaitThat(() ->
                IntStream.range(1, 10).allMatch(key -> log.of("good" + key).size() == 20));
        assertThat(log.of("bad")).as("held back by its head").isEmpty();
        othersAreDone.tryEmitEmpty();
        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(runsOfHead).hasValue(3);
        assertThat(log.places).hasSize(10);
        assertThat(log.places.values()).allSatisfy(places -> assertThat(places).containsExactlyElementsOf(upTo(20)));
    }

    @Test
    void aDeadLetterParksItsKeyUntilItIsRedrivenAndThenAllReplaysInOrder() {
        R2dbcEventBus bus = fixture.bus();
        failing.add(new Keyed("a", 0));
        fixture.subscribe(bus, ordered("c").retry(QUICK).handle(this::recordUnlessFailing));
        publish(bus, Stream.concat(Keyed.events("a", 0, 149), Keyed.events("b", 0, 9)));
        awaitThat(() -> fixture.inbox("c").equals(Map.of(2, 149L, 3, 1L)));
        assertThat(log.of("b")).containsExactlyElementsOf(upTo(10));
        publish(bus, Keyed.events("a", 150, 199));
        awaitThat(() -> fixture.inbox("c").equals(Map.of(2, 199L, 3, 1L)));
        assertThat(log.of("a")).as("published meanwhile, waits too").isEmpty();

        failing.clear();
        assertThat(bus.deadLetters().redriveKey("c", "a").block(PATIENCE)).isEqualTo(1);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(log.of("a")).containsExactlyElementsOf(upTo(200));
    }

    @Test
    void eventsPublishedWhileAKeyReplaysStayBehindWhatWasParked() {
        R2dbcEventBus bus = fixture.bus();
        Sinks.Empty<Void> publishedMore = Sinks.empty();
        failing.add(new Keyed("a", 0));
        fixture.subscribe(
                bus,
                ordered("c")
                        .retry(QUICK)
                        .handle(event -> event.payload().place() == 10
                                ? publishedMore.asMono().then(record(event))
                                : recordUnlessFailing(event)));
        publish(bus, Keyed.events("a", 0, 299));
        awaitThat(() -> fixture.inbox("c").equals(Map.of(2, 299L, 3, 1L)));
        failing.clear();
        bus.deadLetters().redriveKey("c", "a").block(PATIENCE);
        awaitThat(() -> log.of("a").size() == 10);

        publish(bus, Keyed.events("a", 300, 399));
        publishedMore.tryEmitEmpty();

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(log.of("a")).containsExactlyElementsOf(upTo(400));
    }

    @Test
    void discardingTheDeadHeadLetsItsKeyGoOn() {
        R2dbcEventBus bus = fixture.bus();
        Event<Keyed> head = Keyed.event("a", 0);
        failing.add(head.payload());
        fixture.subscribe(bus, ordered("c").retry(QUICK).handle(this::recordUnlessFailing));
        publish(bus, Stream.concat(Stream.of(head), Keyed.events("a", 1, 149)));
        awaitThat(() -> fixture.inbox("c").equals(Map.of(2, 149L, 3, 1L)));

        assertThat(bus.deadLetters().discard("c", head.id()).block(PATIENCE)).isTrue();

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(log.of("a"))
                .containsExactlyElementsOf(IntStream.range(1, 150).boxed().toList());
    }

    @Test
    void aSkippedDeadLetterLetsItsKeyGoOnAndComesLaterWhenRedriven() {
        R2dbcEventBus bus = fixture.bus();
        failing.add(new Keyed("a", 0));
        fixture.subscribe(bus, ordered("c").retry(QUICK).onDead(OnDead.SKIP).handle(this::recordUnlessFailing));

        publish(bus, Keyed.events("a", 0, 199));

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(log.of("a"))
                .containsExactlyElementsOf(IntStream.range(1, 200).boxed().toList());
        failing.clear();
        bus.deadLetters().redriveKey("c", "a").block(PATIENCE);
        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(log.of("a")).hasSize(200).last().isEqualTo(0);
    }

    @Test
    void headsOfOneKeyThatDieOneAfterAnotherEachParkTheRest() {
        R2dbcEventBus bus = fixture.bus();
        List<Event<Keyed>> events = Keyed.events("a", 0, 99).toList();
        events.subList(0, 4).forEach(event -> failing.add(event.payload()));
        fixture.subscribe(bus, ordered("c").retry(QUICK).handle(this::recordUnlessFailing));
        publish(bus, events.stream());

        for (int i = 0; i < 4; i++) {
            Event<Keyed> head = events.get(i);
            long behind = 99 - i;
            int dead = i + 1;
            awaitThat(
                    () -> fixture.inbox("c").equals(Map.of(2, behind, 3, 1L)) && fixture.listener.dead.size() == dead);
            assertThat(fixture.listener.dead.get(i).event().id()).isEqualTo(head.id());
            bus.deadLetters().discard("c", head.id()).block(PATIENCE);
        }

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(log.of("a"))
                .containsExactlyElementsOf(IntStream.range(4, 100).boxed().toList());
        assertThat(fixture.listener.dead).hasSize(4);
    }

    @Test
    void anOrderedBatchConsumerKeepsTheOrderOfEachKeyThroughFailures() {
        R2dbcEventBus bus = fixture.bus();
        Map<Keyed, AtomicInteger> runs = new ConcurrentHashMap<>();
        Set<Keyed> failOnce = ConcurrentHashMap.newKeySet();
        IntStream.range(0, 6).forEach(i -> failOnce.add(new Keyed("k" + i, 5 * i)));
        fixture.subscribe(
                bus,
                ordered("c")
                        .concurrency(4)
                        .batchSize(20)
                        .retry(QUICK.withMaxAttempts(20))
                        .handleBatch(events -> Mono.fromRunnable(() -> {
                            events.forEach(event -> runs.computeIfAbsent(event.payload(), any -> new AtomicInteger())
                                    .incrementAndGet());
                            if (events.stream().anyMatch(event -> failOnce.remove(event.payload()))) {
                                throw new IllegalStateException("one of " + events.size());
                            }
                            events.forEach(event -> log.add(event.payload()));
                        })));

        publish(bus, IntStream.range(0, 400).mapToObj(i -> Keyed.event("k" + i % 8, i / 8)));

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(failOnce).isEmpty();
        assertThat(log.places).hasSize(8);
        assertThat(log.places.values()).allSatisfy(places -> assertThat(places).containsExactlyElementsOf(upTo(50)));
        assertThat(fixture.listener.retries).isNotEmpty();
        assertThat(fixture.listener.dead).isEmpty();
    }

    private static ConsumerSpec.Builder<Keyed> ordered(String name) {
        return ConsumerSpec.named(name).on(Keyed.TYPE, Keyed.class).ordered();
    }

    private Mono<Void> record(Event<Keyed> event) {
        return Mono.fromRunnable(() -> log.add(event.payload()));
    }

    private Mono<Void> recordUnlessFailing(Event<Keyed> event) {
        return failing.contains(event.payload()) ? Mono.error(new IllegalStateException("poison")) : record(event);
    }

    private static List<Integer> upTo(int end) {
        return IntStream.range(0, end).boxed().toList();
    }

    private static void publish(R2dbcEventBus bus, Stream<Event<Keyed>> events) {
        List<Event<Keyed>> all = events.toList();
        assertThat(bus.publishAll(Flux.fromIterable(all))
                        .filter(result -> result.isStored())
                        .count()
                        .block(PATIENCE))
                .isEqualTo(all.size());
    }
}
