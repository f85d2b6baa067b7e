package io.penstock.benchmarks;

import io.penstock.bus.ConsumerOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.pool.ConnectionPool;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Nodes in processes of their own share a backlog. Each has handled about as many events before, of another consumer,
 * and the partitions are shared when the backlog appears: by the commit of one transaction, after which one more
 * event is published, as any other node would, so that all of them are told.
 */
final class BusNodes implements Attempt {

    private static final String WARM_UP = "consumer-1";
    private static final String MEASURED = "consumer-0";
    private static final long LOOK_AGAIN_NANOS = 20_000_000;

    private static final String BACKLOG = """
            INSERT INTO penstock.inbox (consumer_id, seq, key_hash, partition)
            SELECT consumer.id, seq, key_hash, mod(key_hash & 9223372036854775807, consumer.partitions)
              FROM penstock.outbox_event JOIN penstock.consumer ON consumer.name = '%s' ORDER BY seq
            """;
    private static final String SHARES = """
            SELECT count(*) FROM (
                SELECT node_id FROM penstock.partition_lease JOIN penstock.consumer ON id = consumer_id
                 WHERE name = '%s' AND node_id IS NOT NULL
                 GROUP BY node_id HAVING count(*) = %d) AS fair
            """;

    private final Bench bench;
    private final int count;
    private final ConnectionPool pool;
    private final R2dbcEventBus bus;
    private @Nullable NodeProcesses nodes;
    private @Nullable Connection publisher;
    private @Nullable Owed owed;

    BusNodes(Bench bench, int count) {
        this.bench = bench;
        this.count = count;
        this.pool = R2dbc.pool(bench.database(), 1);
        this.bus = R2dbcEventBus.create(pool);
    }

    @Override
    public void prepare() throws Exception {
        Blocking.await(bus.start());
        nodes = NodeProcesses.start(bench, count, "512m");
        nodes.run(WARM_UP);
        nodes.run(MEASURED);
        owed = Owed.open(bench.database());
        warmUp(nodes, owed);
        awaitFairShares(MEASURED);
        publisher = publish(Jdbc.open(bench.database()));
    }

    /** Who comes first may have most of the first backlog, which is there. The others are shared, and found by the poll. */
    private void warmUp(NodeProcesses processes, Owed owes) throws SQLException {
        long handled = bench.events();
        processes.await(WARM_UP, handled);
        awaitFairShares(WARM_UP);
        for (int again = 0; again < count; again++) {
            owes.awaitNoneReady();
            Jdbc.run(bench.database(), BACKLOG.formatted(WARM_UP));
            handled += bench.events();
            processes.await(WARM_UP, handled);
        }
    }

    private void awaitFairShares(String consumer) throws SQLException {
        String share = SHARES.formatted(consumer, ConsumerOptions.DEFAULTS.partitions() / count);
        long until = System.nanoTime() + Blocking.PATIENCE.toNanos();
        while (Jdbc.number(bench.database(), share) != count) {
            if (System.nanoTime() - until > 0) {
                throw new IllegalStateException("The partitions are not shared fairly");
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
    }

    private static Connection publish(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(BACKLOG.formatted(MEASURED));
        }
        return connection;
    }

    @Override
    public void run() throws Exception {
        if (publisher == null || nodes == null || owed == null) {
            throw new IllegalStateException("not prepared");
        }
        publisher.commit();
        Blocking.await(bus.publish(BusAttempt.event(bench.payload(0))));
        nodes.await(MEASURED, all());
        owed.awaitNone();
    }

    @Override
    public void verify() throws Exception {
        long handled = nodes == null ? 0 : nodes.handled(MEASURED);
        if (handled != all()) {
            throw new IllegalStateException(handled + " events were handled, expected " + all());
        }
        Owed.requireNone(bench.database());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(Shape.DEFAULT.config());
        config.put("nodes", count);
        config.put("heap", "512m each");
        return config;
    }

    @Override
    public void close() throws Exception {
        if (publisher != null) {
            publisher.close();
        }
        if (nodes != null) {
            nodes.close();
        }
        if (owed != null) {
            owed.close();
        }
        Blocking.await(bus.close().then(pool.disposeLater()));
    }

    private long all() {
        return bench.events() + 1L;
    }
}
