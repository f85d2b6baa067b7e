package io.penstock.benchmarks;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;

/** One server for all tests. It does not sync: no figure of theirs matters. */
final class TestServer {

    private static final EmbeddedPostgres POSTGRES = start();

    private TestServer() {}

    static String url() {
        return "postgresql://postgres:postgres@localhost:" + POSTGRES.getPort() + "/postgres";
    }

    private static EmbeddedPostgres start() {
        try {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
            Server.SETTINGS.forEach(builder::setServerConfig);
            return builder.setServerConfig("fsync", "off")
                    .setServerConfig("shared_buffers", "64MB")
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
