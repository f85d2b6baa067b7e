package io.penstock.bus.r2dbc;

import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What lies beneath pools and their connections, and how a connection is given back. */
final class Connections {

    private static final Duration CLOSING = Duration.ofSeconds(5);

    private Connections() {}

    /** The factory beneath a pool. */
    static ConnectionFactory unpooled(ConnectionFactory factory) {
        ConnectionFactory at = factory;
        while (at instanceof Wrapped<?> wrapped && wrapped.unwrap() instanceof ConnectionFactory inner) {
            at = inner;
        }
        return at;
    }

    /** Asks the server to stop the statement that runs on the connection; completes whether there was one or not. */
    static Mono<Void> cancelStatement(Connection connection) {
        return raw(connection) instanceof PostgresqlConnection postgresql
                ? postgresql.cancelRequest().timeout(CLOSING).onErrorComplete()
                : Mono.empty();
    }

    /** What is notified on the channels the connection listens to, and when it ends; what nobody asks for is dropped. */
    static Flux<Notification> notifications(Connection connection) {
        return raw(connection) instanceof PostgresqlConnection postgresql
                ? postgresql.getNotifications()
                : Flux.error(new IllegalStateException("No notifications come from " + connection));
    }

    /** Gives a connection back after an error; one that may be broken is closed for good, or the pool would lend it on. */
    static Mono<Void> giveBack(Connection connection, Throwable error) {
        boolean suspect = error instanceof TimeoutException || DatabaseErrors.isOutcomeUnknown(error);
        return suspect ? discard(connection) : Mono.from(connection.close());
    }

    /** Closes a connection and what lies beneath it, whatever state they are in. */
    static Mono<Void> discard(Connection connection) {
        return closeForGood(connection)
                .then(Mono.from(connection.close()).timeout(CLOSING).onErrorComplete());
    }

    /** Closes what lies beneath a pool's connection: given back, it is not lent again. */
    static Mono<Void> closeForGood(Connection connection) {
        return Mono.from(raw(connection).close()).timeout(CLOSING).onErrorComplete();
    }

    /** The driver's own connection, as far as it can be seen. */
    static Connection raw(Connection connection) {
        Connection at = connection;
        while (!(at instanceof PostgresqlConnection)
                && at instanceof Wrapped<?> wrapped
                && wrapped.unwrap() instanceof Connection inner) {
            at = inner;
        }
        return at;
    }
}
