package io.penstock.examples;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The application's connections and the tables in its schema {@code orders_app}. */
final class OrdersDatabase {

    private static final String SHIPMENT = "SELECT tracking FROM orders_app.shipment WHERE order_id = $1";

    private final ConnectionPool pool;

    private OrdersDatabase(ConnectionPool pool) {
        this.pool = pool;
    }

    /** No I/O happens yet. */
    static OrdersDatabase at(String url) {
        return new OrdersDatabase(new ConnectionPool(ConnectionPoolConfiguration.builder(ConnectionFactories.get(url))
                .initialSize(0)
                .maxSize(20)
                .maxAcquireTime(Duration.ofSeconds(30))
                .maxCreateConnectionTime(Duration.ofSeconds(15))
                .build()));
    }

    ConnectionFactory connections() {
        return pool;
    }

    /** Creates what is not there yet. */
    Mono<Void> prepare() {
        return prepare("/orders_app.sql");
    }

    /** Runs a script of our resources. */
    Mono<Void> prepare(String script) {
        return Mono.fromCallable(() -> text(script))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(sql -> update(sql, statement -> {}))
                .then();
    }

    /** Emits whether there is a shipment of this order. */
    Mono<Boolean> isShipped(String orderId) {
        return query(SHIPMENT, statement -> statement.bind("$1", orderId), row -> row)
                .hasElements();
    }

    /** Runs one statement in a transaction of its own; emits how many rows it changed. */
    Mono<Long> update(String sql, Consumer<Statement> bind) {
        return Mono.usingWhen(pool.create(), connection -> update(connection, sql, bind), Connection::close);
    }

    /** Runs one statement in the connection's transaction; emits how many rows it changed. */
    static Mono<Long> update(Connection connection, String sql, Consumer<Statement> bind) {
        return Flux.from(prepared(connection, sql, bind).execute())
                .concatMap(Result::getRowsUpdated)
                .reduce(0L, Long::sum);
    }

    /** Runs one statement in a transaction of its own; emits its rows. */
    <T> Flux<T> query(String sql, Consumer<Statement> bind, Function<Readable, T> row) {
        return Flux.usingWhen(
                pool.create(),
                connection ->
                        Flux.from(prepared(connection, sql, bind).execute()).concatMap(result -> result.map(row)),
                Connection::close);
    }

    Mono<Void> close() {
        return pool.disposeLater();
    }

    private static Statement prepared(Connection connection, String sql, Consumer<Statement> bind) {
        Statement statement = connection.createStatement(sql);
        bind.accept(statement);
        return statement;
    }

    private static String text(String script) throws IOException {
        try (InputStream sql = Objects.requireNonNull(OrdersDatabase.class.getResourceAsStream(script))) {
            return new String(sql.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
