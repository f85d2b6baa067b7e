package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Bench;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** A transaction that is open for long: until it is closed, vacuum removes nothing that died since. */
final class HeldSnapshot implements AutoCloseable {

    private final Connection connection;

    private HeldSnapshot(Connection connection) {
        this.connection = connection;
    }

    static HeldSnapshot take(Bench.Address database) throws SQLException {
        Connection connection = DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_current_xact_id()");
        }
        return new HeldSnapshot(connection);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException("The held transaction did not end", e);
        }
    }
}
