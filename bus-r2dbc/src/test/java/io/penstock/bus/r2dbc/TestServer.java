package io.penstock.bus.r2dbc;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.UnaryOperator;

/**
 * One real PostgreSQL for all tests of the JVM. Its fsync is off, as nothing here asserts what survives a crash of the
 * server.
 */
final class TestServer {

    private static final EmbeddedPostgres POSTGRES = start();

    private TestServer() {}

    static PostgresqlConnectionFactory connections() {
        return connections(options -> options);
    }

    private static PostgresqlConnectionFactory connections(
            UnaryOperator<PostgresqlConnectionConfiguration.Builder> more) {
        return new PostgresqlConnectionFactory(more.apply(PostgresqlConnectionConfiguration.builder()
                        .host("localhost")
                        .port(POSTGRES.getPort())
                        .username("postgres")
                        .password("postgres")
                        .database("postgres"))
                .build());
    }

    static int port() {
        return POSTGRES.getPort();
    }

    static ConnectionPool pool(int size) {
        return pool(size, options -> options);
    }

    /** With options of the driver besides. */
    static ConnectionPool pool(int size, UnaryOperator<PostgresqlConnectionConfiguration.Builder> more) {
        return new ConnectionPool(ConnectionPoolConfiguration.builder(connections(more))
                .initialSize(0)
                .maxSize(size)
                .build());
    }

    private static EmbeddedPostgres start() {
        try {
            return EmbeddedPostgres.builder()
                    .setServerConfig("max_connections", "200")
                    .setServerConfig("shared_preload_libraries", "pg_stat_statements")
                    // Each test has a schema, and so statements, of its own: too few places, and they are forgotten.
                    .setServerConfig("pg_stat_statements.max", "100000")
                    .setServerConfig("track_activity_query_size", "16384")
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
