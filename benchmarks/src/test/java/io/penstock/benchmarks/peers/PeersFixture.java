package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Attempt;
import io.penstock.benchmarks.Bench;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/** A server for a test class, with a fresh database for each attempt. */
final class PeersFixture implements AutoCloseable {

    private final EmbeddedPostgres postgres;
    private int databases;

    private PeersFixture(EmbeddedPostgres postgres) {
        this.postgres = postgres;
    }

    static PeersFixture start() throws IOException {
        return new PeersFixture(EmbeddedPostgres.start());
    }

    /** What an attempt is given, on a database of its own. */
    Bench bench(int events) throws SQLException {
        databases++;
        try (Connection connection =
                        DriverManager.getConnection(address("postgres").jdbcUrl(), "postgres", "postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + current());
        }
        return new Bench(address(current()), events, Map.of("rate", "500"));
    }

    /** Prepares, runs, verifies and closes. */
    void run(Attempt attempt) throws Exception {
        try (attempt) {
            attempt.prepare();
            attempt.run();
            attempt.verify();
        }
    }

    /** The first column of the first row, in the latest database. */
    String text(String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(address(current()).jdbcUrl(), "postgres", "postgres");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    @Override
    public void close() throws IOException {
        postgres.close();
    }

    private String current() {
        return "peers_" + databases;
    }

    private Bench.Address address(String name) {
        return new Bench.Address("localhost", postgres.getPort(), "postgres", "postgres", name);
    }
}
