package io.penstock.bus.r2dbc;

import io.penstock.bus.HandlerTimeoutException;
import io.penstock.bus.PublishOutcomeUnknownException;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ValidationDepth;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** Runs the application's code in transactions on the application's connections. */
final class Transactions {

    private static final String CLEANUP_FAILED = "Async resource cleanup failed after onComplete";
    private static final Duration SOON = Duration.ofMillis(50);
    private static final Duration CANCEL_AGAIN = Duration.ofSeconds(1);
    private static final Duration LONGEST_ENDING = Duration.ofSeconds(30);

    private final ConnectionFactory application;
    private final @Nullable ConnectionPool pool;
    private final Duration acquireTimeout;
    private final Deadlines acquiring;
    private final Deadlines committing = new Deadlines(LONGEST_ENDING);
    private final Deadlines closing = new Deadlines(LONGEST_ENDING.multipliedBy(2));
    private final Consumer<List<Hint>> onCommitted;
    private final Consumer<Throwable> onFollowerFailed;

    /** @param onFollowerFailed told of errors in what follows the end of a transaction */
    Transactions(
            ConnectionFactory application,
            Duration acquireTimeout,
            Consumer<List<Hint>> onCommitted,
            Consumer<Throwable> onFollowerFailed) {
        this.application = application;
        this.pool = application.getClass() == ConnectionPool.class ? (ConnectionPool) application : null;
        this.acquireTimeout = acquireTimeout;
        this.acquiring = new Deadlines(acquireTimeout);
        this.onCommitted = onCommitted;
        this.onFollowerFailed = onFollowerFailed;
    }

    /**
     * Whether a connection is there to be lent by a pool that does nothing besides, but for hooks of its configuration.
     * Opened on one of the driver's threads, a connection would be put onto that same thread.
     */
    boolean canBorrow() {
        return pool != null
                && pool.getMetrics().map(metrics -> metrics.idleSize() > 0).orElse(false);
    }

    /**
     * Begins, runs the work, commits and passes on the hints gathered meanwhile; an error or a cancel rolls back. The
     * connection is given back in any case.
     */
    <T> Mono<T> run(Function<BusConnection, Mono<T>> work) {
        return run(
                connection -> Mono.from(connection.beginTransaction()).thenReturn(true),
                (begun, nothing) -> work.apply(begun));
    }

    /** The same, begun by a statement of the bus that does something besides. */
    <B, T> Mono<T> run(Function<Connection, Mono<B>> begin, BiFunction<BusConnection, B, Mono<T>> work) {
        // One resource with one end each: were closing a resource of its own, a cancel would give the connection back
        // while it is still being rolled back, and the rollback would hit whoever borrowed it next.
        return Mono.<T, Begun<B>>usingWhen(
                        acquire().map(connection -> Begun.on(connection, begin)),
                        begun -> answer(begun).flatMap(answer -> work.apply(begun.connection(), answer)),
                        begun -> end(begun.connection(), this::commit),
                        // Errors of the ending would take the place of the one that is the reason for it.
                        (begun, error) -> end(begun.connection(), connection -> endAfter(connection, error))
                                .onErrorComplete(),
                        begun -> end(begun.connection(), Transactions::stop))
                .onErrorMap(Transactions::ofTheCommit);
    }

    /** Whatever follows changes nothing about how the transaction has ended. */
    private Mono<Void> followed(BusConnection begun, Mono<Void> ending) {
        Mono<Void> following = Mono.defer(() -> begun.isFollowed() ? follow(begun) : Mono.empty());
        return ending.onErrorResume(error -> following.then(Mono.error(error))).then(following);
    }

    /** The end's answer came on a thread of the driver, where no code of the application may run. */
    private Mono<Void> follow(BusConnection ended) {
        return ended.followUp()
                .then()
                .subscribeOn(Schedulers.boundedElastic())
                .timeout(LONGEST_ENDING)
                .doOnError(onFollowerFailed)
                .onErrorComplete();
    }

    /** The error of a commit comes wrapped, as that of a cleanup. */
    private static Throwable ofTheCommit(Throwable error) {
        Throwable cause = error.getCause();
        boolean isWrapped = error.getClass() == RuntimeException.class
                && String.valueOf(error.getMessage()).startsWith(CLEANUP_FAILED);
        return isWrapped && cause != null ? cause : error;
    }

    /** A pool may lend a connection whose peer is gone without a word. */
    private <B> Mono<B> answer(Begun<B> begun) {
        return acquiring
                .limit(begun.answer(), "The beginning")
                .onErrorMap(
                        TimeoutException.class,
                        error -> new NoConnectionException(
                                "No answer to the beginning of a transaction within " + acquireTimeout
                                        + ": the connection has gone silent, or what is to be taken is locked",
                                error));
    }

    private static Mono<Void> endAfter(BusConnection begun, Throwable error) {
        if (error instanceof NoConnectionException) {
            return Connections.cancelStatement(begun.unwrap())
                    .then(Mono.defer(() -> Connections.closeForGood(begun.unwrap())));
        }
        return error instanceof HandlerTimeoutException || error instanceof TimeoutException
                ? stop(begun)
                : rollback(begun);
    }

    private Mono<Void> end(BusConnection begun, Function<BusConnection, Mono<Void>> end) {
        return followed(
                begun,
                closing.limit(end.apply(begun), "The end of the transaction")
                        .onErrorResume(
                                error -> Connections.discard(begun.unwrap()).then(Mono.error(error)))
                        .then(Mono.defer(() -> Mono.from(begun.unwrap().close()))));
    }

    private Mono<Void> commit(BusConnection begun) {
        begun.end();
        begun.endsAs(TransactionEnding.UNKNOWN);
        if (begun.unwrap().isAutoCommit()) {
            return Mono.error(new IllegalStateException(
                    "The code in the transaction ended it by SQL of its own: the bus owns it, an error rolls it back"));
        }
        return committing
                .limit(Mono.from(begun.unwrap().commitTransaction()), "COMMIT")
                .onErrorMap(DatabaseErrors::isOutcomeUnknown, Transactions::unknown)
                .doOnError(error -> begun.endsAs(endingBy(error)))
                .doOnSuccess(committed -> {
                    begun.endsAs(TransactionEnding.COMMITTED);
                    onCommitted.accept(begun.hints());
                });
    }

    private static TransactionEnding endingBy(Throwable error) {
        return error instanceof PublishOutcomeUnknownException
                ? TransactionEnding.UNKNOWN
                : TransactionEnding.ROLLED_BACK;
    }

    private static Throwable unknown(Throwable error) {
        return new PublishOutcomeUnknownException(
                "The transaction may be committed or not: no answer came from the database", error);
    }

    /**
     * Rolls back behind whatever was sent. The driver sends a new statement in two parts, with an answer between them,
     * and lets a ROLLBACK in between: the statement would run after it, in no transaction. An answer to something else
     * says that both parts are out, and behind an error that the driver knows that there is a transaction.
     */
    private static Mono<Void> rollback(BusConnection begun) {
        begun.end();
        return begun.begin()
                .onErrorComplete()
                .then(Mono.defer(() -> Mono.from(begun.unwrap().validate(ValidationDepth.REMOTE))))
                .onErrorComplete()
                .then(Mono.defer(() -> Mono.from(begun.unwrap().rollbackTransaction())));
    }

    /**
     * A statement that still runs makes the rollback wait for it: then the server is asked to stop it. It may act on that
     * late, so a connection with such a request behind it serves nobody else.
     */
    private static Mono<Void> stop(BusConnection begun) {
        // Cached, so that giving up waiting does not cancel it; repeated, as the request may hit it instead.
        Mono<Void> rollback = rollback(begun).retry(1).cache();
        return rollback.timeout(SOON, Mono.defer(() -> cancelStatement(begun, rollback)));
    }

    private static Mono<Void> cancelStatement(BusConnection begun, Mono<Void> rollback) {
        return Connections.cancelStatement(begun.unwrap())
                .then(rollback.timeout(CANCEL_AGAIN))
                .retryWhen(Retry.indefinitely().filter(TimeoutException.class::isInstance))
                .then(Mono.defer(() -> Connections.closeForGood(begun.unwrap())));
    }

    /** A pool may have no limit to waiting of its own, and no handler has run yet: not an attempt. */
    private Mono<Connection> acquire() {
        return Arrival.borrowed(Mono.defer(() -> Mono.from(application.create())), acquiring)
                .onErrorMap(this::noConnection);
    }

    private NoConnectionException noConnection(Throwable error) {
        return new NoConnectionException(
                error instanceof TimeoutException
                        ? "No connection of the application within " + acquireTimeout
                        : "No connection of the application: " + error.getMessage(),
                error);
    }

    /** The application's connection factory gave none: nothing has run. */
    static final class NoConnectionException extends RuntimeException {

        NoConnectionException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * @param answer to what begins the transaction; it goes on whatever is cancelled, or the end could come before the
     *     beginning
     */
    private record Begun<B>(BusConnection connection, Mono<B> answer) {

        static <B> Begun<B> on(Connection connection, Function<Connection, Mono<B>> begin) {
            Mono<B> answer = Mono.defer(() -> begin.apply(connection)).cache();
            return new Begun<>(new BusConnection(connection, answer.then()), answer);
        }
    }
}
