package io.penstock.benchmarks;

import io.penstock.bus.ConsumerOptions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Nodes in processes of their own share a backlog. They have handled as many events before, of another consumer, and
 * the partitions are shared when the backlog appears: by the commit of one transaction, which the poll finds.
 */
final class BusNodes implements Attempt {

    private static final int POLL_MILLIS = 50;
    private static final String WARM_UP = "consumer-1";
    private static final String MEASURED = "consumer-0";
    private static final long LOOK_AGAIN_NANOS = 20_000_000;

    private static final String BACKLOG = """
            INSERT INTO penstock.inbox (consumer_id, seq, key_hash, partition)
            SELECT consumer.id, seq, key_hash, (key_hash & 9223372036854775807) % consumer.partitions
              FROM penstock.outbox_event JOIN penstock.consumer ON consumer.id = 1 ORDER BY seq
            """;
    private static final String SHARES = """
            SELECT count(*) FROM (
                SELECT node_id FROM penstock.partition_lease WHERE consumer_id = 1 AND node_id IS NOT NULL
                 GROUP BY node_id HAVING count(*) = %d) AS fair
            """;

    private final Bench bench;
    private final int count;
    private @Nullable NodeProcesses nodes;
    private @Nullable Connection publisher;

    BusNodes(Bench bench, int count) {
        this.bench = bench;
        this.count = count;
    }

    @Override
    public void prepare() throws Exception {
        nodes = NodeProcesses.start(bench, count, "512m", POLL_MILLIS);
        nodes.run(WARM_UP);
        nodes.run(MEASURED);
        nodes.await(WARM_UP, bench.events());
        awaitFairShares();
        publisher = publish(Jdbc.open(bench.database()));
    }

    private void awaitFairShares() throws SQLException {
        String share = SHARES.formatted(ConsumerOptions.DEFAULTS.partitions() / count);
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
            statement.executeUpdate(BACKLOG);
        }
        return connection;
    }

    @Override
    public void run() throws Exception {
        if (publisher == null || nodes == null) {
            throw new IllegalStateException("not prepared");
        }
        publisher.commit();
        nodes.await(MEASURED, bench.events());
        Owed.awaitNone(bench.database());
    }

    @Override
    public void verify() throws Exception {
        long handled = nodes == null ? 0 : nodes.handled(MEASURED);
        if (handled != bench.events()) {
            throw new IllegalStateException(handled + " events were handled, expected " + bench.events());
        }
        Owed.requireNone(bench.database());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(Shape.DEFAULT.config());
        config.put("nodes", count);
        config.put("pollMillis", POLL_MILLIS);
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
    }
}
