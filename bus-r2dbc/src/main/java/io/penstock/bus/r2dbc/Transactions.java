package io.penstock.bus.r2dbc;

import io.penstock.bus.HandlerTimeoutException;
import io.penstock.bus.PublishOutcomeUnknownException;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Runs the application's code in transactions on the application's connections. */
final class Transactions {

    private final ConnectionFactory application;
    private final Duration acquireTimeout;
    private final WakeUp wakeUp;

    Transactions(ConnectionFactory application, Duration acquireTimeout, WakeUp wakeUp) {
        this.application = application;
        this.acquireTimeout = acquireTimeout;
        this.wakeUp = wakeUp;
    }

    /**
     * Begins, runs the work, commits and passes on the hints gathered meanwhile; an error or a cancel rolls back. The
     * connection is given back in any case.
     */
    <T> Mono<T> run(Function<BusConnection, Mono<T>> work) {
        return Mono.usingWhen(acquire(), connection -> run(connection, work), Connection::close);
    }

    private <T> Mono<T> run(Connection connection, Function<BusConnection, Mono<T>> work) {
        return Mono.usingWhen(
                Mono.from(connection.beginTransaction()).then(Mono.fromCallable(() -> new BusConnection(connection))),
                work,
                this::commit,
                (begun, error) -> error instanceof HandlerTimeoutException ? stop(begun) : rollback(begun),
                Transactions::stop);
    }

    private Publisher<Void> commit(BusConnection begun) {
        begun.end();
        if (begun.unwrap().isAutoCommit()) {
            return Mono.error(new IllegalStateException(
                    "The code in the transaction ended it by SQL of its own: the bus owns it, an error rolls it back"));
        }
        return Mono.from(begun.unwrap().commitTransaction())
                .onErrorMap(DatabaseErrors::isOutcomeUnknown, Transactions::unknown)
                .doOnSuccess(committed -> wakeUp.committed(begun.hints()));
    }

    private static Throwable unknown(Throwable error) {
        return new PublishOutcomeUnknownException(
                "The transaction may be committed or not: the connection broke before the answer", error);
    }

    private static Publisher<Void> rollback(BusConnection begun) {
        begun.end();
        return begun.unwrap().rollbackTransaction();
    }

    /** A statement that still runs would make the rollback wait for it: the server is asked to stop it first. */
    private static Publisher<Void> stop(BusConnection begun) {
        begun.end();
        Mono<Void> cancel = postgresql(begun.unwrap()) instanceof PostgresqlConnection postgresql
                ? postgresql.cancelRequest().onErrorComplete()
                : Mono.empty();
        // The cancel may hit the first rollback instead of the statement it was meant for.
        return cancel.then(Mono.defer(() -> Mono.from(begun.unwrap().rollbackTransaction()))
                .retry(1));
    }

    private static Object postgresql(Connection connection) {
        Object at = connection;
        while (!(at instanceof PostgresqlConnection) && at instanceof Wrapped<?> wrapped) {
            at = wrapped.unwrap();
        }
        return at;
    }

    /** A pool may have no limit to waiting of its own, and no handler has run yet: not an attempt. */
    private Mono<Connection> acquire() {
        return Mono.<Connection>from(application.create())
                .timeout(acquireTimeout)
                .onErrorMap(
                        TimeoutException.class,
                        error -> new NoConnectionException("No connection within " + acquireTimeout, error))
                .onErrorMap(
                        error -> !(error instanceof NoConnectionException),
                        error -> new NoConnectionException("No connection: " + error.getMessage(), error));
    }

    /** The application's connection factory gave none: nothing has run. */
    static final class NoConnectionException extends RuntimeException {

        NoConnectionException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
