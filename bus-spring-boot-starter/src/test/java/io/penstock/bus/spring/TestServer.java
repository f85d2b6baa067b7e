package io.penstock.bus.spring;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/** One real PostgreSQL for all tests of the JVM. */
final class TestServer {

    private static final EmbeddedPostgres POSTGRES = start();

    private TestServer() {}

    /** What an application says to get connections to it. */
    static Map<String, Object> properties() {
        return Map.of(
                "spring.r2dbc.url", url(), "spring.r2dbc.username", "postgres", "spring.r2dbc.password", "postgres");
    }

    static String url() {
        return "r2dbc:postgresql://localhost:" + POSTGRES.getPort() + "/postgres";
    }

    private static EmbeddedPostgres start() {
        try {
            return EmbeddedPostgres.builder()
                    .setServerConfig("max_connections", "300")
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
