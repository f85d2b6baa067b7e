package io.penstock.bus.spring.test;

import io.r2dbc.spi.ConnectionFactoryOptions;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/** Databases on one embedded server, which starts with the first of them and ends with the JVM. */
final class TestDatabases {

    private static final AtomicInteger MADE = new AtomicInteger();

    private TestDatabases() {}

    static ConnectionFactoryOptions create() {
        String name = "test_" + MADE.incrementAndGet();
        try (Connection connection = Server.POSTGRES.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("The embedded PostgreSQL made no database " + name, e);
        }
        return ConnectionFactoryOptions.parse(
                "r2dbc:postgresql://postgres:postgres@localhost:" + Server.POSTGRES.getPort() + "/" + name);
    }

    private static final class Server {

        static final EmbeddedPostgres POSTGRES = start();

        /** Spring keeps contexts, and their connections, for other test classes. */
        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder()
                        .setServerConfig("max_connections", "500")
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
