package io.penstock.bus.r2dbc;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One consumer of each kind, the same on every node, and what their handlers did: how often each was called for each
 * event, which keys had two handlers at once, and the order in which the events of each key ended.
 */
final class Crew {

    static final int PARTITIONS = 16;
    static final List<String> NAMES = List.of("plain", "ordered", "batch", "tx", "txbatch", "failing");
    static final Set<String> ORDERED = Set.of("ordered", "batch", "tx", "failing");

    final Map<String, AtomicInteger> starts = new ConcurrentHashMap<>();
    final Map<String, Keyed.Log> logs = new ConcurrentHashMap<>();
    final AtomicInteger twiceAtOnce = new AtomicInteger();
    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private final Set<Keyed> failedOnce = ConcurrentHashMap.newKeySet();
    private final String effects;

    /** @param effects the table (consumer, key, place) that the transactional ones write to */
    Crew(String effects) {
        this.effects = effects;
        NAMES.forEach(name -> logs.put(name, new Keyed.Log()));
    }

    ConsumerSpec<?>[] specs() {
        return new ConsumerSpec<?>[] {
            spec("plain").handle(each("plain")),
            spec("ordered").ordered().handle(each("ordered")),
            spec("batch").ordered().handleBatch(events -> handle("batch", events, null)),
            spec("tx").ordered().transactional(Connection.class, (event, tx) -> handle("tx", List.of(event), tx)),
            spec("txbatch").transactionalBatch(Connection.class, (events, tx) -> handle("txbatch", events, tx)),
            spec("failing").ordered().handle(each("failing"))
        };
    }

    /** How many events were started so often, by a consumer: {@code {1: 5000}} where all went well. */
    Map<Integer, Long> startsOf(String consumer) {
        Map<Integer, Long> counts = new TreeMap<>();
        starts.forEach((started, count) -> {
            if (started.startsWith(consumer + " ")) {
                counts.merge(count.get(), 1L, Long::sum);
            }
        });
        return counts;
    }

    private static ConsumerSpec.Builder<Keyed> spec(String name) {
        return ConsumerSpec.named(name)
                .on(Keyed.TYPE, Keyed.class)
                .partitions(PARTITIONS)
                .concurrency(6)
                .batchSize(8)
                .prefetch(40)
                .retry(RetryPolicy.attempts(5).withBackoff(Duration.ZERO, Duration.ofMillis(20)));
    }

    private Function<Event<Keyed>, Mono<Void>> each(String consumer) {
        return event -> handle(consumer, List.of(event), null);
    }

    private Mono<Void> handle(String consumer, List<Event<Keyed>> events, @Nullable Connection tx) {
        List<Keyed> things = events.stream().map(Event::payload).toList();
        Set<String> keys = new HashSet<>();
        things.forEach(thing -> keys.add(consumer + " " + thing.key()));
        things.forEach(thing -> starts.computeIfAbsent(consumer + " " + thing, first -> new AtomicInteger())
                .incrementAndGet());
        if (ORDERED.contains(consumer)) {
            keys.stream().filter(key -> !running.add(key)).forEach(key -> twiceAtOnce.incrementAndGet());
        }
        return Mono.delay(slowness(consumer, things.get(0)))
                .then(Mono.<Void>fromRunnable(() -> failSome(consumer, things)))
                .then(Mono.defer(() -> tx == null ? Mono.empty() : write(consumer, things, tx)))
                .then(Mono.<Void>fromRunnable(() -> things.forEach(logs.get(consumer)::add)))
                .doOnTerminate(() -> running.removeAll(keys));
    }

    /** A few milliseconds, and for some of the keys at times longer than a beat. */
    private static Duration slowness(String consumer, Keyed thing) {
        int chance = Math.floorMod((consumer + thing).hashCode(), 1_000);
        return Duration.ofMillis(chance < 4 ? 2_500 : chance % 6);
    }

    private void failSome(String consumer, Collection<Keyed> things) {
        for (Keyed thing : things) {
            if (consumer.equals("failing") && thing.place() % 10 == 3 && failedOnce.add(thing)) {
                throw new IllegalStateException("fails once");
            }
        }
    }

    private Mono<Void> write(String consumer, List<Keyed> things, Connection tx) {
        return Flux.fromIterable(things)
                .concatMap(thing -> Database.changed(
                        tx,
                        "INSERT INTO " + effects + " (consumer, key, place) VALUES ($1, $2, $3)",
                        statement ->
                                statement.bind(0, consumer).bind(1, thing.key()).bind(2, thing.place())))
                .then();
    }
}
