package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A backlog as after a weekend without consumers, and a transaction that keeps vacuum from removing anything. The rows
 * can be chosen with {@code -Dcrash.rows}, how many of them are drained with {@code -Dcrash.drained}.
 */
@Tag("nightly")
class BacklogNightlyTests {

    private static final long ROWS = Long.getLong("crash.rows", 10_000_000);
    private static final long DRAINED = Long.getLong("crash.drained", ROWS / 5);
    private static final int SLICES = 10;
    private static final int FLAT = 5;

    // As the publishing statement would have written them.
    private static final String FILL = """
            WITH stored AS (
                INSERT INTO penstock.outbox_event (id, key_hash, occurred_at, version, type, source, key, payload)
                SELECT gen_random_uuid(), hashint8extended(n %% 10000, 0), now(), 1, 'crash.work', 'rig', (n %% 10000)::text,
                       '{"task":""}'
                  FROM generate_series(1, %d) AS n
                RETURNING seq, key_hash
            )
            INSERT INTO penstock.inbox (consumer_id, seq, key_hash, partition)
            SELECT consumer.id, seq, key_hash, (key_hash & 9223372036854775807) %% consumer.partitions
              FROM stored CROSS JOIN penstock.consumer
            """;

    private static final String CLAIM = """
            SELECT coalesce(sum(total_exec_time) / nullif(sum(calls), 0), 0), coalesce(sum(calls), 0), max(max_exec_time)
              FROM pg_stat_statements
             WHERE query LIKE '%ready.state%'
            """;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final List<Slice> slices = new ArrayList<>();

    @Test
    void theClaimTimeAndTheDrainRateOfAHugeBacklogStayFlatWhileATransactionIsHeldOpen() throws SQLException {
        NodeOptions options = NodeOptions.DEFAULTS
                .with("consumers", "batch")
                .with("batch", 250)
                .with("poll", 1_000)
                .with("lease", 15_000)
                .with("talk", false);
        NodeProcess registers = scenario.node("registers", options);
        registers.terminate();
        registers.awaitEnd();
        scenario.sql.execute("CREATE EXTENSION pg_stat_statements");
        scenario.sql.execute(FILL.formatted(ROWS));
        scenario.sql.execute("ANALYZE");
        try (Connection held = scenario.server.connect(scenario.sql.database());
                Statement statement = held.createStatement()) {
            held.setAutoCommit(false);
            held.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("SELECT count(*) FROM counter");
            scenario.node("drains", options);
            for (int slice = 1; slice <= SLICES; slice++) {
                slices.add(measure(DRAINED / SLICES * slice));
                System.out.println(slices.get(slice - 1));
            }
        }
        assertThat(scenario.sql.number("SELECT count(*) - count(DISTINCT event_id) FROM ledger"))
                .isZero();
        assertThat(slices).allSatisfy(slice -> assertThat(slice.claims()).isPositive());
        assertThat(claimMillis(SLICES - 3)).isLessThan(FLAT * claimMillis(0));
        assertThat(rate(0)).isLessThan(FLAT * rate(SLICES - 3));
    }

    private Slice measure(long until) {
        long before = done();
        long begun = System.nanoTime();
        scenario.sql.execute("SELECT pg_stat_statements_reset()");
        Scenario.await(Scenario.LONG_PATIENCE, () -> done() >= until);
        double seconds = (System.nanoTime() - begun) / 1e9;
        long after = done();
        return scenario.sql
                .all(
                        CLAIM,
                        row -> new Slice(
                                after, (after - before) / seconds, row.getDouble(1), row.getDouble(3), row.getLong(2)))
                .get(0);
    }

    /** Without counting: the ledger's numbers are given in order. */
    private long done() {
        return scenario.sql.number(
                "SELECT coalesce(max(pos), 0) FROM (SELECT pos FROM ledger ORDER BY pos DESC LIMIT 1) l");
    }

    private double claimMillis(int from) {
        return slices.subList(from, from + 3).stream()
                .mapToDouble(Slice::claimMillis)
                .average()
                .orElseThrow();
    }

    private double rate(int from) {
        return slices.subList(from, from + 3).stream()
                .mapToDouble(Slice::perSecond)
                .average()
                .orElseThrow();
    }

    /** What a part of the drain took. */
    private record Slice(long done, double perSecond, double claimMillis, double slowestClaimMillis, long claims) {}
}
