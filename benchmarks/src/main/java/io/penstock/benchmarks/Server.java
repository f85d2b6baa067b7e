package io.penstock.benchmarks;

import io.r2dbc.spi.ConnectionFactoryOptions;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The PostgreSQL that everything runs on. Blocks. */
final class Server implements AutoCloseable {

    /** As durable as in production; the rest keeps checkpoints away from single cells and counts statements. */
    static final Map<String, String> SETTINGS = settings();

    private final Bench.Address address;
    private final @Nullable EmbeddedPostgres embedded;

    private Server(Bench.Address address, @Nullable EmbeddedPostgres embedded) {
        this.address = address;
        this.embedded = embedded;
    }

    /** The server of the URL, or one of our own, with its data in a temporary directory. */
    static Server at(@Nullable String url) {
        return url == null ? start() : new Server(parse(url), null);
    }

    /** The database that others are made from; none of the measured ones. */
    Bench.Address address() {
        return address;
    }

    boolean isEmbedded() {
        return embedded != null;
    }

    @Override
    public void close() {
        if (embedded == null) {
            return;
        }
        try {
            embedded.close();
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL did not stop", e);
        }
    }

    private static Server start() {
        try {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
            SETTINGS.forEach(builder::setServerConfig);
            EmbeddedPostgres postgres = builder.start();
            return new Server(
                    new Bench.Address("localhost", postgres.getPort(), "postgres", "postgres", "postgres"), postgres);
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL did not start", e);
        }
    }

    private static Bench.Address parse(String url) {
        try {
            ConnectionFactoryOptions options =
                    ConnectionFactoryOptions.parse(url.startsWith("r2dbc:") ? url : "r2dbc:" + url);
            Object port = options.getValue(ConnectionFactoryOptions.PORT);
            return new Bench.Address(
                    text(options.getValue(ConnectionFactoryOptions.HOST)),
                    port == null ? 5432 : (Integer) port,
                    text(options.getValue(ConnectionFactoryOptions.USER)),
                    text(options.getValue(ConnectionFactoryOptions.PASSWORD)),
                    text(options.getValue(ConnectionFactoryOptions.DATABASE)));
        } catch (IllegalArgumentException e) {
            throw new UsageException("--postgres needs a URL such as postgresql://user:password@host:5432/database");
        }
    }

    private static String text(@Nullable Object value) {
        return value == null ? "postgres" : value.toString();
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("fsync", "on");
        settings.put("synchronous_commit", "on");
        settings.put("full_page_writes", "on");
        settings.put("autovacuum", "on");
        settings.put("shared_buffers", "1GB");
        settings.put("max_wal_size", "16GB");
        settings.put("checkpoint_timeout", "1h");
        settings.put("max_connections", "200");
        settings.put("shared_preload_libraries", "pg_stat_statements");
        settings.put("pg_stat_statements.max", "10000");
        return settings;
    }
}
