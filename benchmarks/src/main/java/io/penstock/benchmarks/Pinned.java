package io.penstock.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The job of another attempt, while a REPEATABLE READ transaction that has its snapshot stays open: no vacuum may remove
 * what the job leaves behind. Fails if the transaction was not open to the end, or nothing was kept because of it.
 */
public final class Pinned implements Attempt {

    private static final String PINNED = """
            SELECT count(*) FROM pg_stat_activity
             WHERE pid = %d AND state = 'idle in transaction' AND backend_xmin IS NOT NULL
            """;
    private static final String DEAD = "SELECT coalesce(sum(n_dead_tup), 0)::int8 FROM pg_stat_user_tables";

    private final Attempt attempt;
    private final Bench bench;
    private @Nullable Connection pin;
    private long pid;
    private long dead;

    private Pinned(Attempt attempt, Bench bench) {
        this.attempt = attempt;
        this.bench = bench;
    }

    /** The attempts of another opener, which remove or update a row at least once for each event, pinned. */
    public static Variant.Opener of(Variant.Opener opener) {
        return bench -> new Pinned(opener.open(bench), bench);
    }

    @Override
    public void prepare() throws Exception {
        attempt.prepare();
        pin = pin(Jdbc.open(bench.database()));
    }

    /** A statement takes the snapshot, and it stays until the end. */
    private Connection pin(Connection opened) throws SQLException {
        opened.setAutoCommit(false);
        opened.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        pid = Jdbc.number(opened, "SELECT pg_backend_pid()");
        return opened;
    }

    @Override
    public void run() throws Exception {
        attempt.run();
    }

    @Override
    public void verify() throws Exception {
        Jdbc.require(bench.database(), "transactions that hold a snapshot", PINNED.formatted(pid), 1);
        Jdbc.run(bench.database(), "VACUUM");
        dead = Jdbc.number(bench.database(), DEAD);
        if (dead < operations(bench)) {
            throw new IllegalStateException(dead + " dead tuples were kept, expected " + operations(bench));
        }
        attempt.verify();
    }

    @Override
    public long operations(Bench given) {
        return attempt.operations(given);
    }

    @Override
    public @Nullable Histogram latencies() {
        return attempt.latencies();
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(attempt.config());
        config.put("deadTuplesKept", dead);
        return config;
    }

    @Override
    public void close() throws Exception {
        try {
            if (pin != null) {
                pin.close();
            }
        } finally {
            attempt.close();
        }
    }
}
