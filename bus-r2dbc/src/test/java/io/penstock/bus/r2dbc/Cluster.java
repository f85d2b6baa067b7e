package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.Delivery;
import io.penstock.bus.Outcome;
import io.penstock.bus.RunningConsumer;
import io.r2dbc.pool.ConnectionPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Flux;

/** Several buses of one JVM on the fixture's schema, each with a name, a pool and a listener of its own. */
final class Cluster {

    /** Which node each delivery has started on: {@code consumer/event id -> node, node...}. */
    final Map<String, List<String>> starts = new ConcurrentHashMap<>();

    private final BusFixture fixture;
    private final Map<String, Member> members = new HashMap<>();

    Cluster(BusFixture fixture) {
        this.fixture = fixture;
    }

    /** A started bus; nodes hear of each other's events by the poll. */
    R2dbcEventBus join(String node, UnaryOperator<BusOptions.Builder> more) {
        ConnectionPool pool = TestServer.pool(8);
        BusOptions options = more.apply(fixture.options()
                        .node(node)
                        .listener(recording(fixture.listener))
                        .pollInterval(Duration.ofMillis(50)))
                .build();
        R2dbcEventBus bus = fixture.bus(pool, options);
        members.put(node, new Member(bus, pool));
        return bus;
    }

    /** Subscribes without waiting for any partition: other nodes may have them all. */
    static List<RunningConsumer> subscribe(R2dbcEventBus bus, ConsumerSpec<?>... specs) {
        return Flux.just(specs).flatMap(bus::subscribe).collectList().block(PATIENCE);
    }

    void leave(String... nodes) {
        List<Member> leaving =
                Arrays.stream(nodes).map(node -> members.remove(node)).toList();
        Flux.fromIterable(leaving)
                .flatMap(member -> member.bus().close().then(member.pool().disposeLater()))
                .then()
                .block(PATIENCE);
    }

    void close() {
        leave(members.keySet().toArray(String[]::new));
    }

    /** How many partitions of a consumer each of the nodes that run it holds for certain. */
    Map<String, Long> shares(String consumer) {
        Map<String, Long> shares = new TreeMap<>();
        fixture.all(
                        """
                        SELECT node.name, (SELECT count(*) FROM %1$s.partition_lease
                                            WHERE consumer_id = consumer.id AND node_id = node.id
                                              AND expires_at > clock_timestamp()) AS n
                          FROM %1$s.consumer JOIN %1$s.node ON consumer.id = ANY (node.consumers)
                         WHERE consumer.name = '%2$s'
                        """.formatted(fixture.schema(), consumer),
                        row -> Map.entry(row.get("name", String.class), row.get("n", Long.class)))
                .forEach(share -> shares.put(share.getKey(), share.getValue()));
        return shares;
    }

    /** Whether these nodes, and no others, hold all partitions of a consumer, none of them more than one too many. */
    boolean isFair(String consumer, int partitions, String... nodes) {
        Map<String, Long> shares = shares(consumer);
        return shares.keySet().equals(Set.of(nodes))
                && shares.values().stream().mapToLong(Long::longValue).sum() == partitions
                && Collections.max(shares.values()) - Collections.min(shares.values()) <= 1;
    }

    /** The nodes on which a consumer has started anything. */
    List<String> nodesThatStarted(String consumer) {
        List<String> nodes = new ArrayList<>();
        starts.forEach((delivery, on) -> {
            if (delivery.startsWith(consumer + "/")) {
                nodes.addAll(on);
            }
        });
        return nodes.stream().distinct().sorted().toList();
    }

    private BusListener recording(RecordingListener all) {
        return new BusListener() {
            @Override
            public void started(Delivery delivery) {
                all.started(delivery);
                starts.computeIfAbsent(
                                delivery.consumer() + "/" + delivery.event().id(),
                                first -> Collections.synchronizedList(new ArrayList<>()))
                        .add(delivery.node());
            }

            @Override
            public void released(Delivery delivery, Outcome.Released outcome) {
                all.released(delivery, outcome);
            }

            @Override
            public void retried(Delivery delivery, Outcome.Retry retry) {
                all.retried(delivery, retry);
            }

            @Override
            public void deadLettered(DeadLetter letter) {
                all.deadLettered(letter);
            }

            @Override
            public void duplicate(Delivery delivery) {
                all.duplicate(delivery);
            }

            @Override
            public void failed(String step, Throwable error) {
                all.failed(step, error);
            }
        };
    }

    private record Member(R2dbcEventBus bus, ConnectionPool pool) {}
}
