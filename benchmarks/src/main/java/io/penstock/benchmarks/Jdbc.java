package io.penstock.benchmarks;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.ds.PGSimpleDataSource;

/** Short work on a connection of its own: setting up and counting, never what is measured. */
public final class Jdbc {

    private Jdbc() {}

    public static PGSimpleDataSource source(Bench.Address database) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(database.jdbcUrl());
        source.setUser(database.user());
        source.setPassword(database.password());
        return source;
    }

    public static Connection open(Bench.Address database) throws SQLException {
        return source(database).getConnection();
    }

    /** Runs statements one by one, each in a transaction of its own. */
    public static void run(Bench.Address database, String... statements) throws SQLException {
        try (Connection connection = open(database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The number in the first row. */
    public static long number(Bench.Address database, String sql) throws SQLException {
        try (Connection connection = open(database)) {
            return number(connection, sql);
        }
    }

    static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                throw new IllegalStateException("No row: " + sql);
            }
            return rows.getLong(1);
        }
    }

    /** Throws, naming both numbers, unless the query's is the expected one. */
    public static void require(Bench.Address database, String what, String sql, long expected) throws SQLException {
        long actual = number(database, sql);
        if (actual != expected) {
            throw new IllegalStateException(what + ": " + actual + ", expected " + expected);
        }
    }
}
