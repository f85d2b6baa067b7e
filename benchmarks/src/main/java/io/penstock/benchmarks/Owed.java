package io.penstock.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;

/** What consumers have not done yet, looked up in the inbox on a connection that is open before the clock starts. */
final class Owed implements AutoCloseable {

    // The last handled are the last removed. To look at all that was ever there would be to look at as many dead
    // tuples.
    private static final String LAST = """
            SELECT EXISTS (
                SELECT FROM penstock.consumer
                 WHERE EXISTS (SELECT FROM penstock.inbox
                                WHERE inbox.consumer_id = consumer.id AND inbox.state = 0
                                  AND inbox.seq > (SELECT max(seq) FROM penstock.outbox_event) - 5000))
            """;
    private static final String READY = "SELECT EXISTS (SELECT FROM penstock.inbox WHERE state IN (0, 1))";
    private static final long LOOK_AGAIN_NANOS = 1_000_000;

    private final Connection connection;

    private Owed(Connection connection) {
        this.connection = connection;
    }

    static Owed open(Bench.Address database) throws SQLException {
        return new Owed(Jdbc.open(database));
    }

    /** Waits until the removal of what was handled last is committed; handlers are done by now. */
    void awaitNone() throws SQLException {
        awaitNot(LAST);
    }

    /** The same where retries come last, wherever they were stored; what is parked or dead stays. */
    void awaitNoneReady() throws SQLException {
        awaitNot(READY);
    }

    private void awaitNot(String sql) throws SQLException {
        long until = System.nanoTime() + Blocking.PATIENCE.toNanos();
        try (PreparedStatement last = connection.prepareStatement(sql)) {
            while (isTrue(last)) {
                if (System.nanoTime() - until > 0) {
                    throw new IllegalStateException("The inbox does not become empty");
                }
                LockSupport.parkNanos(LOOK_AGAIN_NANOS);
            }
        }
    }

    /** Throws unless nothing is owed any more, in whatever state. */
    static void requireNone(Bench.Address database) throws SQLException {
        Jdbc.require(database, "rows left in the inbox", "SELECT count(*) FROM penstock.inbox", 0);
    }

    private static boolean isTrue(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
