package io.penstock.bus.r2dbc;

import io.penstock.bus.r2dbc.Transactions.NoConnectionException;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * The bus's own few connections, apart from the application's, and the ways statements run on them. A connection is given
 * back as soon as all rows have arrived: no handler is waited for.
 *
 * <p>Design note: the driver puts a connection opened on one of its own threads onto that same thread, so a pool that
 * grows from there would have all its connections on one core. Connections are therefore opened from a thread
 * that is none of the driver's, and may block as loading a native library does.
 */
final class Database {

    // The inbox is empty at one moment and has a million rows at the next, so the planner's statistics are never right.
    // Every statement of the bus is written for one index and a nested loop; these settings hold the planner to it. One
    // is written for a merge join (ADR 13). The others look rows up by "= ANY (ARRAY[...])" or behind OFFSET 0, which
    // cannot become one, or have the positions of all that they may touch in an array.
    private static final String SESSION = """
            SELECT set_config('application_name', 'penstock', false),
                   set_config('plan_cache_mode', 'force_generic_plan', false),
                   set_config('enable_seqscan', 'off', false),
                   set_config('enable_hashjoin', 'off', false),
                   set_config('enable_mergejoin', 'on', false),
                   set_config('enable_bitmapscan', 'off', false),
                   set_config('jit', 'off', false),
                   set_config('lock_timeout', '10s', false),
                   set_config('idle_in_transaction_session_timeout', '30s', false)
            """;

    private static final Duration ACQUIRE_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration LONGEST_OPENING = Duration.ofSeconds(15);
    private static final Duration LONGEST_FILLING = Duration.ofSeconds(1);
    private static final Duration LONGEST_STATEMENT = Duration.ofSeconds(30);

    private final SchemaName schema;
    private final int most;
    private final BusConnections connections;
    private final ConnectionPool pool;
    private final Transactions transactions;
    private final Deadlines statements;

    Database(ConnectionFactory application, SchemaName schema, int most) {
        this(application, schema, most, LONGEST_STATEMENT);
    }

    Database(ConnectionFactory application, SchemaName schema, int most, Duration longestStatement) {
        this.schema = schema;
        this.most = most;
        this.statements = new Deadlines(longestStatement);
        this.connections = new BusConnections(Connections.unpooled(application));
        this.pool = new ConnectionPool(ConnectionPoolConfiguration.builder(this.connections)
                .name("penstock")
                .initialSize(0)
                .maxSize(most)
                .maxIdleTime(Duration.ofMinutes(10))
                .maxLifeTime(Duration.ofHours(1))
                .maxAcquireTime(ACQUIRE_TIMEOUT)
                .maxCreateConnectionTime(LONGEST_OPENING)
                // After a restart of the server every pooled connection may be dead, and is found so one by one.
                .acquireRetry(most)
                .allocatorSubscribeOn(Schedulers.boundedElastic())
                .build());
        this.transactions = new Transactions(pool, ACQUIRE_TIMEOUT, hints -> {}, error -> {});
    }

    /** The statement with the schema's name put in. */
    String sql(String text) {
        return schema.in(text);
    }

    /** The same work, which fails when it takes longer than a statement may. */
    <T> Mono<T> limit(Mono<T> work) {
        return statements.limit(work, "A statement of the bus");
    }

    SchemaName schema() {
        return schema;
    }

    /**
     * Opens all connections, or what comes first would wait for one. Ends at the latest after a second, and does not fail:
     * what could not be opened by then is when it is needed.
     */
    Mono<Void> fill() {
        return Mono.defer(this::opening).cache().timeout(LONGEST_FILLING, Mono.empty());
    }

    /** Each is given back as soon as it is open and all are asked for: none is opened twice, and nobody waits for others. */
    private Mono<Void> opening() {
        Sinks.Empty<Void> asked = Sinks.empty();
        return Flux.range(0, most)
                .doOnComplete(asked::tryEmitEmpty)
                .flatMap(number -> pool.create().onErrorComplete(), most)
                .flatMap(
                        opened -> asked.asMono().then(Mono.from(opened.close())).onErrorComplete(), most)
                .then();
    }

    /** A connection apart from the pool, prepared as those in it are; who opens it closes it. */
    Mono<Connection> open() {
        return Arrival.opened(connections.create(), LONGEST_OPENING);
    }

    /**
     * Runs the work with a connection in autocommit mode. A peer that is gone without a word never answers: after the
     * longest time a statement may take the work fails and the connection is closed.
     */
    <T> Mono<T> with(Function<Connection, Mono<T>> work) {
        return Mono.usingWhen(
                pool.create(),
                connection -> limit(work.apply(connection)),
                Connection::close,
                Connections::giveBack,
                Connection::close);
    }

    /** Runs the work in a transaction. */
    <T> Mono<T> transaction(Function<Connection, Mono<T>> work) {
        // Said of the application's connections, which these are not.
        return transactions
                .<T>run(work::apply)
                .onErrorMap(NoConnectionException.class, none -> Objects.requireNonNull(none.getCause()));
    }

    /** Runs one statement in a transaction of its own; emits its rows. */
    <T> Flux<T> query(String sql, Consumer<Statement> bind, Function<Readable, T> row) {
        return list(sql, bind, row).flatMapIterable(all -> all);
    }

    /** The same; emits all rows at once. */
    <T> Mono<List<T>> list(String sql, Consumer<Statement> bind, Function<Readable, T> row) {
        return with(connection -> rows(connection, sql, bind, row).collectList());
    }

    /** Runs one statement in a transaction of its own; emits how many rows it changed. */
    Mono<Long> update(String sql, Consumer<Statement> bind) {
        return with(connection -> changed(connection, sql, bind));
    }

    static <T> Flux<T> rows(Connection connection, String sql, Consumer<Statement> bind, Function<Readable, T> row) {
        return Flux.defer(() -> {
            Statement statement = connection.createStatement(sql);
            bind.accept(statement);
            return Flux.from(statement.execute()).concatMap(result -> result.map(row));
        });
    }

    /** Binds a value that may be null. */
    static <V> void bind(Statement statement, int index, @Nullable V value, Class<V> type) {
        if (value == null) {
            statement.bindNull(index, type);
        } else {
            statement.bind(index, value);
        }
    }

    static Mono<Long> changed(Connection connection, String sql, Consumer<Statement> bind) {
        return Flux.defer(() -> {
                    Statement statement = connection.createStatement(sql);
                    bind.accept(statement);
                    return Flux.from(statement.execute()).concatMap(result -> result.getRowsUpdated());
                })
                .reduce(0L, Long::sum);
    }

    Mono<Void> close() {
        return pool.disposeLater();
    }

    /** Prepares each new connection once, so that a statement needs no settings of its own. */
    private record BusConnections(ConnectionFactory factory) implements ConnectionFactory {

        @Override
        public Mono<Connection> create() {
            return Mono.<Connection>from(factory.create())
                    .subscribeOn(Schedulers.boundedElastic())
                    .flatMap(BusConnections::prepare);
        }

        @Override
        public ConnectionFactoryMetadata getMetadata() {
            return factory.getMetadata();
        }

        private static Mono<Connection> prepare(Connection connection) {
            return Mono.usingWhen(
                    Mono.just(connection),
                    opened -> rows(opened, SESSION, statement -> {}, row -> row)
                            .then(Mono.just(opened))
                            .timeout(LONGEST_OPENING),
                    opened -> Mono.empty(),
                    (opened, error) -> opened.close(),
                    Connection::close);
        }
    }
}
