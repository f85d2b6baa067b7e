package io.penstock.benchmarks;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Connections and statements of r2dbc-postgresql, for applications of the bus and for twins. */
final class R2dbc {

    /**
     * What the bus tells its own connections, so that twins get the same plans; and no parallel workers, which took ten
     * milliseconds to start for each small batch and which the bus's statements do not get.
     */
    static final Map<String, String> SESSION = Map.of(
            "plan_cache_mode", "force_generic_plan",
            "enable_seqscan", "off",
            "enable_hashjoin", "off",
            "enable_bitmapscan", "off",
            "jit", "off",
            "max_parallel_workers_per_gather", "0");

    private R2dbc() {}

    /** An application's pool, as most have it. */
    static ConnectionPool pool(Bench.Address database, int size) {
        return pool(factory(database, Map.of()), size);
    }

    /** A twin's pool. */
    static ConnectionPool twinPool(Bench.Address database, int size) {
        return pool(factory(database, SESSION), size);
    }

    /** A twin's connections, opened. */
    static List<Connection> open(Bench.Address database, int count) {
        ConnectionFactory factory = factory(database, SESSION);
        return Flux.range(0, count).toStream().map(i -> one(factory)).toList();
    }

    /** Opens all connections of a pool: no clock has started yet. */
    static void fill(ConnectionPool pool) {
        fill(pool, connection -> Mono.empty());
    }

    /** The same, each prepared. */
    static void fill(ConnectionPool pool, Function<Connection, Mono<?>> prepare) {
        int size = pool.getMetrics().map(PoolMetrics::getMaxAllocatedSize).orElseThrow();
        Blocking.await(Flux.range(0, size)
                .flatMap(i -> pool.create(), size)
                .collectList()
                .flatMap(opened -> Flux.fromIterable(opened).concatMap(prepare).then(close(opened))));
    }

    static Mono<Void> close(List<Connection> connections) {
        return Flux.fromIterable(connections)
                .concatMapDelayError(Connection::close)
                .then();
    }

    static <T> Flux<T> rows(Connection connection, String sql, Consumer<Statement> bind, Function<Readable, T> row) {
        return Flux.defer(() -> {
            Statement statement = connection.createStatement(sql);
            bind.accept(statement);
            return Flux.from(statement.execute()).concatMap(result -> result.map(row));
        });
    }

    static Mono<Long> changed(Connection connection, String sql, Consumer<Statement> bind) {
        return Flux.defer(() -> {
                    Statement statement = connection.createStatement(sql);
                    bind.accept(statement);
                    return Flux.from(statement.execute()).concatMap(Result::getRowsUpdated);
                })
                .reduce(0L, Long::sum);
    }

    private static Connection one(ConnectionFactory factory) {
        return Blocking.get(Mono.<Connection>from(factory.create()));
    }

    private static ConnectionPool pool(ConnectionFactory factory, int size) {
        return new ConnectionPool(ConnectionPoolConfiguration.builder(factory)
                .initialSize(0)
                .maxSize(size)
                .build());
    }

    private static ConnectionFactory factory(Bench.Address database, Map<String, String> session) {
        return new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                .host(database.host())
                .port(database.port())
                .username(database.user())
                .password(database.password())
                .database(database.name())
                .options(session)
                .build());
    }
}
