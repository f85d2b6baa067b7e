package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.Event;
import io.penstock.bus.OnDead;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Everything at once, at random: failures, retries, dead letters, redrives, discards, late and delayed events. */
class OrderUnderFireIntegrationTests {

    private static final int KEYS = 40;
    private static final int ROUNDS = 12;
    private static final int EVENTS_A_ROUND = 250;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final long seed = Long.getLong("penstock.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Keyed.Log log = new Keyed.Log();
    private final Map<Keyed, Integer> failuresLeft = new ConcurrentHashMap<>();
    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private final AtomicInteger twiceAtOnce = new AtomicInteger();
    private final int[] next = new int[KEYS];
    private final Map<UUID, Keyed> published = new ConcurrentHashMap<>();
    private final Set<UUID> discarded = new HashSet<>();

    @ParameterizedTest(name = "{0}, batches: {1}")
    @CsvSource({"PARK_KEY, false", "SKIP, false", "PARK_KEY, true", "SKIP, true"})
    void nothingIsLostStuckOrOutOfOrder(OnDead onDead, boolean batches) {
        System.out.println("SEED -Dpenstock.seed=" + seed + " " + onDead + " " + batches);
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(bus, consumer(onDead, batches));
        for (int round = 0; round < ROUNDS; round++) {
            publish(bus, round);
            letSomeGo(bus, 0.5);
        }

        await().atMost(PATIENCE).until(() -> !fixture.listener.dead.isEmpty());
        failuresLeft.clear();
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> {
            bus.deadLetters()
                    .redrive(DeadLetterFilter.of("c").withLimit(10_000))
                    .block(PATIENCE);
            return fixture.count("inbox") == 0;
        });

        assertThat(handled() + discarded.size()).isEqualTo(published.size());
        assertThat(log.places.values()).allSatisfy(places -> assertThat(places).doesNotHaveDuplicates());
        assertThat(twiceAtOnce).as("keys with two handlers at once").hasValue(0);
        assertThat(log.places)
                .allSatisfy((key, places) -> assertThat(places.stream()
                                .filter(place -> inOrder(onDead, key, place))
                                .toList())
                        .isSorted());
        assertThat(fixture.listener.dead).isNotEmpty();
        // Parking and an operator's redrive may lock the same rows in another order; whoever loses tries again.
        assertThat(fixture.listener.failures)
                .allMatch(error -> String.valueOf(error).contains("40P01"));
    }

    private int handled() {
        return log.places.values().stream().mapToInt(Queue::size).sum();
    }

    /** Where a dead letter lets its key go on, it comes out of order itself. */
    private boolean inOrder(OnDead onDead, String key, int place) {
        return onDead == OnDead.PARK_KEY
                || fixture.listener.dead.stream()
                        .map(letter -> published.get(letter.event().id()))
                        .noneMatch(new Keyed(key, place)::equals);
    }

    private ConsumerSpec<Keyed> consumer(OnDead onDead, boolean batches) {
        ConsumerSpec.Builder<Keyed> builder = ConsumerSpec.named("c")
                .on(Keyed.TYPE, Keyed.class)
                .ordered()
                .onDead(onDead)
                .concurrency(6)
                .batchSize(8)
                .prefetch(40)
                .retry(RetryPolicy.attempts(3).withBackoff(Duration.ZERO, Duration.ofMillis(8)));
        return batches ? builder.handleBatch(this::handle) : builder.handle(event -> handle(List.of(event)));
    }

    private Mono<Void> handle(List<Event<Keyed>> events) {
        Set<String> keys = new HashSet<>();
        events.forEach(event -> keys.add(event.payload().key()));
        return Mono.defer(() -> {
                    keys.stream().filter(key -> !running.add(key)).forEach(key -> twiceAtOnce.incrementAndGet());
                    return Mono.delay(Duration.ofNanos(Math.floorMod(keys.hashCode(), 2_000_000)));
                })
                .then(Mono.<Void>fromRunnable(() -> finish(events)))
                .doOnTerminate(() -> running.removeAll(keys));
    }

    private void finish(List<Event<Keyed>> events) {
        for (Event<Keyed> event : events) {
            Integer left = failuresLeft.get(event.payload());
            if (left != null) {
                failuresLeft.computeIfPresent(event.payload(), (keyed, n) -> n == 1 ? null : n - 1);
                throw new IllegalStateException("fails " + left + " times more");
            }
        }
        events.forEach(event -> log.add(event.payload()));
    }

    /** While a transaction is open that published events of other keys, with lower numbers, and commits last. */
    private void publish(R2dbcEventBus bus, int round) {
        List<Event<Keyed>> late = IntStream.range(0, 5)
                .mapToObj(i -> event("late" + round % 3, 5 * (round / 3) + i))
                .toList();
        List<Event<Keyed>> events = new ArrayList<>();
        for (int i = 0; i < EVENTS_A_ROUND; i++) {
            int key = Math.min(random.nextInt(KEYS), random.nextInt(KEYS));
            events.add(event("k" + key, next[key]++));
        }
        Mono<Long> others = bus.publishAll(Flux.fromIterable(events))
                .filter(result -> result.isStored())
                .count();
        Long stored = bus.inTransaction(
                        tx -> Flux.fromIterable(late).concatMap(tx::publish).then(others))
                .block(PATIENCE);
        assertThat(stored).isEqualTo(events.size());
    }

    private Event<Keyed> event(String key, int place) {
        Event<Keyed> event = Keyed.event(key, place);
        published.put(event.id(), event.payload());
        if (random.nextInt(25) == 0) {
            failuresLeft.put(event.payload(), 1 + random.nextInt(8));
        }
        return event;
    }

    private void letSomeGo(R2dbcEventBus bus, double share) {
        List<DeadLetter> letters =
                bus.deadLetters().list(DeadLetterFilter.of("c")).collectList().block(PATIENCE);
        for (DeadLetter letter : letters) {
            if (random.nextDouble() < share) {
                letGo(bus, letter);
            }
        }
    }

    private void letGo(R2dbcEventBus bus, DeadLetter letter) {
        switch (random.nextInt(3)) {
            case 0 -> bus.deadLetters().redrive("c", letter.event().id()).block(PATIENCE);
            case 1 ->
                bus.deadLetters()
                        .redriveKey("c", String.valueOf(letter.event().key()))
                        .block(PATIENCE);
            default -> discard(bus, letter);
        }
    }

    private void discard(R2dbcEventBus bus, DeadLetter letter) {
        UUID id = letter.event().id();
        if (Boolean.TRUE.equals(bus.deadLetters().discard("c", id).block(PATIENCE))) {
            discarded.add(id);
        }
    }
}
