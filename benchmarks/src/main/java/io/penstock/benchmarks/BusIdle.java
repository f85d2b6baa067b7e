package io.penstock.benchmarks;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.pool.ConnectionPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Nodes with a consumer each, and nothing to do for a while. The operations are the nodes. */
final class BusIdle implements Attempt {

    private static final String ALIVE =
            "SELECT count(*) FROM penstock.node WHERE seen_at > clock_timestamp() - interval '15 seconds'";

    private final Bench bench;
    private final int nodes;
    private final int seconds;
    private final int settling;
    private final ConnectionPool pool;
    private final List<R2dbcEventBus> buses = new ArrayList<>();

    BusIdle(Bench bench, int nodes) {
        this.bench = bench;
        this.nodes = nodes;
        this.seconds = bench.option("seconds", 20);
        this.settling = bench.option("settling", 12);
        this.pool = R2dbc.pool(bench.database(), BusAttempt.POOL);
    }

    @Override
    public void prepare() throws Exception {
        for (int i = 0; i < nodes; i++) {
            R2dbcEventBus bus = R2dbcEventBus.create(pool);
            buses.add(bus);
            Blocking.await(bus.start()
                    .then(bus.subscribe(
                            ConsumerSpec.named("consumer-0").on(Payload.class).handle(event -> Mono.empty()))));
        }
        pass(settling); // Two heartbeats and more: the partitions are shared.
    }

    @Override
    public void run() throws Exception {
        pass(seconds);
    }

    private static void pass(int seconds) throws InterruptedException {
        boolean never = new CountDownLatch(1).await(seconds, TimeUnit.SECONDS);
        if (never) {
            throw new IllegalStateException("Nobody counts down");
        }
    }

    @Override
    public void verify() throws Exception {
        Jdbc.require(bench.database(), "live nodes", ALIVE, nodes);
    }

    @Override
    public long operations(Bench given) {
        return nodes;
    }

    @Override
    public Map<String, Object> config() {
        return Map.of("nodes", nodes, "seconds", seconds);
    }

    @Override
    public void close() {
        Blocking.await(Flux.fromIterable(buses).concatMap(R2dbcEventBus::close).then(pool.disposeLater()));
    }
}
