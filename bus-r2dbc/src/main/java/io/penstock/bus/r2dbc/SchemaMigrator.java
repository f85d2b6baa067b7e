package io.penstock.bus.r2dbc;

import io.penstock.bus.SchemaException;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Brings the schema to the version this library needs: each numbered file once, all in one transaction. */
final class SchemaMigrator {

    /** The files in the order of their versions; the first is version 1. */
    private static final List<String> FILES = List.of("V001__bus.sql");

    private static final String LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('penstock schema ' || $1, 0))";
    private static final String EXISTS = "SELECT to_regnamespace($1) IS NOT NULL AS present";
    private static final String CREATE = "CREATE SCHEMA ${schema}";
    private static final String VERSIONED = "SELECT to_regclass($1) IS NOT NULL AS present";
    private static final String VERSION_TABLE = """
            CREATE TABLE IF NOT EXISTS ${schema}.schema_version (
                version    integer     PRIMARY KEY,
                file       text        NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
            )
            """;
    private static final String CURRENT = "SELECT coalesce(max(version), 0) AS version FROM ${schema}.schema_version";
    private static final String APPLIED = "INSERT INTO ${schema}.schema_version (version, file) VALUES ($1, $2)";

    private final Database database;

    SchemaMigrator(Database database) {
        this.database = database;
    }

    Mono<Void> prepare(SchemaMode mode) {
        return switch (mode) {
            case MIGRATE ->
                scripts()
                        .flatMap(scripts -> database.transaction(
                                connection -> migrate(connection, scripts).thenReturn(true)))
                        .then();
            case VALIDATE ->
                database.with(connection -> validate(connection).thenReturn(true))
                        .then();
            case NONE -> Mono.empty();
        };
    }

    private Mono<Void> migrate(Connection connection, List<String> scripts) {
        return present(connection, LOCK, row -> true)
                .then(createSchema(connection))
                .then(run(connection, VERSION_TABLE))
                .then(Mono.defer(() -> current(connection)))
                .flatMapMany(current -> Flux.range(current + 1, Math.max(0, FILES.size() - current)))
                .concatMap(version -> apply(connection, version, scripts.get(version - 1)))
                .then();
    }

    private Mono<Void> createSchema(Connection connection) {
        return present(connection, EXISTS, row -> Rows.required(row, "present", Boolean.class))
                .flatMap(present -> present ? Mono.empty() : run(connection, CREATE));
    }

    private Mono<Void> apply(Connection connection, int version, String script) {
        String file = FILES.get(version - 1);
        return run(connection, script)
                .then(Database.changed(
                        connection,
                        database.sql(APPLIED),
                        statement -> statement.bind(0, version).bind(1, file)))
                .then();
    }

    private Mono<Void> validate(Connection connection) {
        String table = database.schema() + ".schema_version";
        return Database.rows(
                        connection,
                        VERSIONED,
                        statement -> statement.bind(0, table),
                        row -> Rows.required(row, "present", Boolean.class))
                .single()
                .flatMap(present -> present ? current(connection) : Mono.just(0))
                .flatMap(this::require);
    }

    private Mono<Void> require(int current) {
        return current >= FILES.size()
                ? Mono.empty()
                : Mono.error(new SchemaException("The schema " + database.schema() + " is at version " + current
                        + ", this version of Penstock needs " + FILES.size() + ": apply " + FILES.get(current)
                        + " and what follows it, or start with SchemaMode.MIGRATE"));
    }

    private Mono<Integer> current(Connection connection) {
        return Database.rows(
                        connection,
                        database.sql(CURRENT),
                        statement -> {},
                        row -> Rows.required(row, "version", Integer.class))
                .single();
    }

    private <T> Mono<T> present(Connection connection, String sql, Function<Readable, T> row) {
        return Database.rows(
                        connection,
                        sql,
                        statement -> statement.bind(0, database.schema().toString()),
                        row)
                .single();
    }

    private Mono<Void> run(Connection connection, String sql) {
        // Many commands are a simple message, which one with a fetch size is not.
        return Database.changed(connection, database.sql(sql), statement -> statement.fetchSize(0))
                .then();
    }

    /** Read where blocking is allowed: the driver's threads run what follows. */
    private static Mono<List<String>> scripts() {
        return Flux.fromIterable(FILES)
                .map(SchemaMigrator::read)
                .collectList()
                .subscribeOn(Schedulers.boundedElastic());
    }

    private static String read(String file) {
        try (InputStream stream = SchemaMigrator.class.getResourceAsStream("schema/" + file)) {
            if (stream == null) {
                throw new IllegalStateException("The file schema/" + file + " is missing from the library");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
