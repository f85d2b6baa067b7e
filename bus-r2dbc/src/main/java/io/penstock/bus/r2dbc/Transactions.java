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
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Runs the application's code in transactions on the application's connections. */
final class Transactions {

    private static final Duration CANCEL_AGAIN = Duration.ofMillis(100);

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
        // One using, not two nested ones: a cancel would not make the outer wait for the inner, and the connection
        // would serve somebody else before it is rolled back.
        return Mono.usingWhen(
                acquire().map(BusConnection::new),
                connection -> begin(connection).then(Mono.defer(() -> work.apply(connection))),
                connection -> close(connection, commit(connection)),
                (connection, error) -> close(
                        connection, error instanceof HandlerTimeoutException ? stop(connection) : rollback(connection)),
                connection -> close(connection, stop(connection)));
    }

    private static Mono<Void> begin(BusConnection connection) {
        return Mono.from(connection.unwrap().beginTransaction());
    }

    private static Mono<Void> close(BusConnection connection, Mono<Void> end) {
        return Mono.usingWhen(Mono.just(connection.unwrap()), open -> end, Connection::close);
    }

    private Mono<Void> commit(BusConnection begun) {
        begun.end();
        return Mono.from(begun.unwrap().commitTransaction())
                .onErrorMap(DatabaseErrors::isOutcomeUnknown, Transactions::unknown)
                .doOnSuccess(committed -> wakeUp.committed(begun.hints()));
    }

    private static Throwable unknown(Throwable error) {
        return new PublishOutcomeUnknownException(
                "The transaction may be committed or not: the connection broke before the answer", error);
    }

    private static Mono<Void> rollback(BusConnection begun) {
        begun.end();
        return Mono.from(begun.unwrap().rollbackTransaction());
    }

    /** A statement that still runs would make the rollback wait for it: the server is asked to stop it first. */
    private static Mono<Void> stop(BusConnection begun) {
        begun.end();
        Mono<Void> cancel = postgresql(begun.unwrap()) instanceof PostgresqlConnection postgresql
                ? postgresql.cancelRequest().onErrorComplete()
                : Mono.empty();
        // The cancel may hit the first rollback, or come before the statement it was meant for.
        Mono<Void> rollback =
                Mono.from(begun.unwrap().rollbackTransaction()).retry(1).cache();
        return cancel.then(rollback.timeout(CANCEL_AGAIN))
                .retryWhen(Retry.indefinitely().filter(TimeoutException.class::isInstance));
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
