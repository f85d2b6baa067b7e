package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RunningConsumer;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** One partition on its way from node to node. */
class HandoverIntegrationTests {

    private static final int PARTITIONS = 8;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Cluster cluster = new Cluster(fixture);
    private final Keyed.Log log = new Keyed.Log();
    private final Sinks.Empty<Void> gate = Sinks.empty();

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aJoinAndALeaveSettleWithinTwoHeartbeats() {
        join("a", idle("even", 32), idle("odd", 7));
        Beats beats = new Beats(fixture);
        awaitThat(() -> isSettled("a"));

        join("b", idle("even", 32), idle("odd", 7));
        assertSettlesInTwo(beats, "a", "b");
        join("c", idle("even", 32), idle("odd", 7));
        join("d", idle("even", 32), idle("odd", 7));
        assertSettlesInTwo(beats, "a", "b", "c", "d");
        cluster.leave("b");
        assertSettlesInTwo(beats, "a", "c", "d");
        cluster.leave("a", "d");
        assertSettlesInTwo(beats, "c");
    }

    @Test
    void aRunningHandlerHoldsBackItsPartitionAndNoOther() {
        R2dbcEventBus a = join("a", gated());
        awaitThat(() -> cluster.isFair("c", PARTITIONS, "a"));
        // A node gives away its highest partitions.
        String held = keyIn(PARTITIONS - 1);
        String moved = keyIn(PARTITIONS - 2);
        publish(a, Keyed.event(held, 0));
        awaitThat(() -> fixture.listener.started.get() == 1);

        join("b", gated());
        awaitThat(() -> cluster.shares("c").equals(Map.of("a", 5L, "b", 3L)));
        publish(a, Keyed.event(held, 1), Keyed.event(moved, 0));
        awaitThat(() -> log.of(moved).size() == 1);
        assertThat(fixture.listener.started).hasValue(2);

        gate.tryEmitEmpty();
        awaitThat(() -> fixture.count("inbox") == 0 && cluster.isFair("c", PARTITIONS, "a", "b"));
        assertThat(log.of(held)).containsExactly(0, 1);
        assertThat(cluster.starts.values()).containsExactlyInAnyOrder(List.of("a"), List.of("b"), List.of("b"));
    }

    @Test
    void aNodeThatLeavesHandsOverAtOnceWhatNoHandlerHolds() {
        R2dbcEventBus a = cluster.join("a", options -> options.lease(Duration.ofSeconds(3)));
        RunningConsumer running = Cluster.subscribe(a, gated()).get(0);
        awaitThat(() -> cluster.isFair("c", PARTITIONS, "a"));
        join("b", gated());
        awaitThat(() -> cluster.isFair("c", PARTITIONS, "a", "b"));
        int ofA = partitionsOf("a").get(0);
        String held = keyIn(ofA);
        String moved = keyIn(partitionsOf("a").get(1));
        publish(a, Keyed.event(held, 0));
        awaitThat(() -> fixture.listener.started.get() == 1);

        Disposable leaving = running.unsubscribe().subscribe();
        publish(a, Keyed.event(held, 1), Keyed.event(moved, 0));
        awaitThat(() -> log.of(moved).size() == 1);
        awaitThat(() ->
                partitionsOf("a").equals(List.of(ofA)) && partitionsOf("b").size() == PARTITIONS - 1);
        assertThat(leaving.isDisposed()).isFalse();
        assertThat(fixture.listener.started).hasValue(2);

        gate.tryEmitEmpty();
        awaitThat(() -> fixture.count("inbox") == 0 && leaving.isDisposed());
        awaitThat(() -> cluster.isFair("c", PARTITIONS, "b"));
        assertThat(log.of(held)).containsExactly(0, 1);
        assertThat(cluster.starts.values()).containsExactlyInAnyOrder(List.of("a"), List.of("b"), List.of("b"));
        assertThat(fixture.count("partition_lease WHERE suspect")).isZero();
    }

    @Test
    void aTransactionThatTheGraceCutsOffIsHandledByTheNextNodeInItsPlace() {
        R2dbcEventBus a = cluster.join(
                "a", options -> options.lease(Duration.ofSeconds(3)).grace(Duration.ofMillis(300)));
        Cluster.subscribe(a, transactional(Mono.never()));
        awaitThat(() -> cluster.isFair("c", PARTITIONS, "a"));
        publish(a, Keyed.event("k", 0), Keyed.event("k", 1));
        awaitThat(() -> fixture.listener.started.get() == 1);

        join("b", transactional(Mono.empty()));
        cluster.leave("a");

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(log.of("k")).containsExactly(0, 1);
        assertThat(fixture.listener.dead).isEmpty();
        assertThat(fixture.listener.retries).isEmpty();
    }

    @Test
    void ofMoreNodesThanPartitionsSomeOwnNoneUntilAnOwnerLeaves() {
        R2dbcEventBus publisher = cluster.join("publisher", options -> options);
        ConsumerSpec<?> spec = ConsumerSpec.named("c")
                .on(Keyed.TYPE, Keyed.class)
                .partitions(2)
                .ordered()
                .handle(this::record);
        List<String> nodes = new ArrayList<>(List.of("a", "b", "c", "d"));
        nodes.forEach(node -> join(node, spec));
        int place = 0;
        while (!nodes.isEmpty()) {
            awaitThat(() -> cluster.isFair("c", 2, nodes.toArray(String[]::new)));
            for (int i = 0; i < 20; i++) {
                publish(publisher, Keyed.event("k", place), Keyed.event("l", place), Keyed.event("m", place++));
            }
            awaitThat(() -> fixture.count("inbox") == 0);
            String owner = cluster.shares("c").entrySet().stream()
                    .filter(share -> share.getValue() > 0)
                    .findFirst()
                    .orElseThrow()
                    .getKey();
            cluster.leave(owner);
            nodes.remove(owner);
        }

        Stream.of("k", "l", "m")
                .forEach(key -> assertThat(log.of(key))
                        .containsExactlyElementsOf(
                                IntStream.range(0, 80).boxed().toList()));
        assertThat(cluster.starts.values()).allMatch(on -> on.size() == 1);
    }

    private void assertSettlesInTwo(Beats beats, String... nodes) {
        awaitThat(() -> fixture.count("node WHERE cardinality(consumers) = 2") == nodes.length);
        long first = beats.awaitOneOfEach(nodes.length, beats.now());
        long second = beats.awaitOneOfEach(nodes.length, first);
        assertThat(isSettled(nodes)).isTrue();
        beats.awaitOneOfEach(nodes.length, second);
        assertThat(beats.movesAfter(second)).isZero();
    }

    private boolean isSettled(String... nodes) {
        return cluster.isFair("even", 32, nodes) && cluster.isFair("odd", 7, nodes);
    }

    private R2dbcEventBus join(String node, ConsumerSpec<?>... specs) {
        R2dbcEventBus bus = cluster.join(node, options -> options.lease(Duration.ofSeconds(3)));
        Cluster.subscribe(bus, specs);
        return bus;
    }

    private List<Integer> partitionsOf(String node) {
        return fixture.all(
                "SELECT partition::int4 AS p FROM %1$s.partition_lease JOIN %1$s.node ON id = node_id WHERE name = '%2$s' ORDER BY 1"
                        .formatted(fixture.schema(), node),
                row -> row.get("p", Integer.class));
    }

    private static String keyIn(int partition) {
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> "key" + i)
                .filter(key -> (KeyHash.of(key) & Long.MAX_VALUE) % PARTITIONS == partition)
                .findFirst()
                .orElseThrow();
    }

    private static ConsumerSpec<?> idle(String name, int partitions) {
        return ConsumerSpec.named(name).on("nothing.*").partitions(partitions).handle(event -> Mono.empty());
    }

    /** The first event of a key in the last place waits at the gate. */
    private ConsumerSpec<?> gated() {
        Mono<Void> first = Mono.defer(() -> fixture.listener.started.get() == 1 ? gate.asMono() : Mono.empty());
        return ConsumerSpec.named("c")
                .on(Keyed.TYPE, Keyed.class)
                .partitions(PARTITIONS)
                .ordered()
                .handle(event -> first.then(record(event)));
    }

    private ConsumerSpec<?> transactional(Mono<Void> work) {
        return ConsumerSpec.named("c")
                .on(Keyed.TYPE, Keyed.class)
                .partitions(PARTITIONS)
                .ordered()
                .transactional(Connection.class, (event, tx) -> work.then(record(event)));
    }

    private Mono<Void> record(Event<Keyed> event) {
        return Mono.fromRunnable(() -> log.add(event.payload()));
    }

    @SafeVarargs
    private static void publish(R2dbcEventBus bus, Event<Keyed>... events) {
        bus.publishAll(Flux.just(events)).blockLast(PATIENCE);
    }
}
