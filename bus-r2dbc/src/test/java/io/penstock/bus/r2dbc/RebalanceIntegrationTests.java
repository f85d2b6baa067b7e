package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** Nodes come and go under load: each consumer's work is shared, drained and handed over, and nothing starts twice. */
class RebalanceIntegrationTests {

    private static final int KEYS = 60;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Cluster cluster = new Cluster(fixture);
    private final long seed = Long.getLong("penstock.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final int[] next = new int[KEYS];
    private volatile boolean enough;
    private final AtomicInteger published = new AtomicInteger();

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void fromOneNodeToFourToTwoEachEventStartsOnceAndEachKeyKeepsItsOrder() {
        System.out.println("SEED -Dpenstock.seed=" + seed);
        R2dbcEventBus publisher = cluster.join("publisher", options -> options);
        fixture.execute(
                "CREATE TABLE %s.effect (at bigserial, consumer text, key text, place int, UNIQUE (consumer, key, place))"
                        .formatted(fixture.schema()));
        Crew crew = new Crew(fixture.schema() + ".effect");
        join(crew, "a");
        Disposable publishing = publish(publisher);
        awaitFair("a");
        awaitMoreOnEachNode(1);

        for (String node : List.of("b", "c", "d")) {
            join(crew, node);
        }
        awaitFair("a", "b", "c", "d");
        awaitMoreOnEachNode(4);
        cluster.leave("a", "c");
        awaitFair("b", "d");
        awaitMoreOnEachNode(4);
        enough = true;

        awaitThat(() -> publishing.isDisposed() && fixture.count("inbox") == 0);
        Crew.NAMES.forEach(name -> assertAllWentWell(crew, name));
        assertThat(crew.twiceAtOnce).as("keys with two handlers at once").hasValue(0);
        assertThat(fixture.count("effect")).isEqualTo(2 * published.get());
        assertThat(fixture.count(
                        "effect AS one JOIN %s.effect AS other USING (consumer, key)".formatted(fixture.schema())
                                + " WHERE consumer = 'tx' AND one.at < other.at AND one.place > other.place"))
                .as("effects out of order")
                .isZero();
        assertThat(fixture.listener.dead).isEmpty();
        assertThat(fixture.listener.duplicates).hasValue(0);
        assertThat(fixture.listener.failures).isEmpty();
    }

    private void assertAllWentWell(Crew crew, String consumer) {
        if (consumer.equals("failing")) {
            assertThat(crew.startsOf(consumer).keySet()).containsOnly(1, 2);
        } else {
            assertThat(crew.startsOf(consumer)).as(consumer).isEqualTo(Map.of(1, published.longValue()));
        }
        Map<String, Queue<Integer>> places = crew.logs.get(consumer).places;
        assertThat(places.values().stream().mapToInt(Queue::size).sum()).isEqualTo(published.get());
        if (Crew.ORDERED.contains(consumer)) {
            assertThat(places)
                    .allSatisfy((key, ended) -> assertThat(List.copyOf(ended))
                            .as(consumer + " " + key)
                            .isSorted());
        }
    }

    /** Beats every two seconds: a machine that is busy elsewhere for a while is no fault. */
    private void join(Crew crew, String node) {
        R2dbcEventBus bus = cluster.join(node, options -> options.lease(Duration.ofSeconds(6)));
        Cluster.subscribe(bus, crew.specs());
    }

    private void awaitFair(String... nodes) {
        awaitThat(() -> Crew.NAMES.stream().allMatch(name -> cluster.isFair(name, Crew.PARTITIONS, nodes)));
    }

    /** The load is still there: each consumer starts some hundred events more. */
    private void awaitMoreOnEachNode(int nodes) {
        int before = cluster.starts.size();
        awaitThat(() -> cluster.starts.size() > before + 2_000
                && Crew.NAMES.stream()
                        .allMatch(name -> cluster.nodesThatStarted(name).size() >= nodes));
    }

    private Disposable publish(R2dbcEventBus publisher) {
        return Flux.interval(Duration.ofMillis(10))
                .onBackpressureDrop()
                .takeUntil(tick -> enough)
                .concatMap(tick -> publisher.publishAll(Flux.fromIterable(some())), 1)
                .doOnNext(result -> published.incrementAndGet())
                .then()
                .subscribe();
    }

    private List<Event<Keyed>> some() {
        List<Event<Keyed>> events = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int key = Math.min(random.nextInt(KEYS), random.nextInt(KEYS));
            events.add(Keyed.event("k" + key, next[key]++));
        }
        return events;
    }
}
