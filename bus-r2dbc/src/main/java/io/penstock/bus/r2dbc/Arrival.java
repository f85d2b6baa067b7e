package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A connection on its way, which either arrives or is given back.
 *
 * <p>Design note: a cancel that passes the arrival makes a pool take the connection back while it is being used here:
 * its next borrower would then have its transaction rolled back in the middle. One that meets it between two operators,
 * such as a timeout, makes them drop it, and its session stays for as long as the process lives. So a cancel does not
 * reach the source by itself; first it is decided, once, whether the connection was taken.
 */
final class Arrival {

    private static final Object TAKEN = new Object();
    private static final Object ABANDONED = new Object();

    private final AtomicReference<@Nullable Object> state = new AtomicReference<>();
    private final Sinks.Empty<Void> abandoned = Sinks.empty();

    private Arrival() {}

    /** A pool's connection. A cancel gives up its place in the line; what arrives nevertheless is given back. */
    static Mono<Connection> borrowed(Mono<Connection> source, Deadlines longest) {
        return decided(
                arrival -> arrival.noted(source).takeUntilOther(arrival.abandoned.asMono()),
                arriving -> longest.limit(arriving, "Acquiring a connection"));
    }

    /** A connection made for this. The making goes on after a cancel, and what comes of it is closed. */
    static Mono<Connection> opened(Mono<Connection> source, Duration longest) {
        return decided(arrival -> arrival.noted(source), arriving -> arriving.timeout(longest));
    }

    /** Cached, so that no cancel gets past it. */
    private static Mono<Connection> decided(
            Function<Arrival, Mono<Connection>> source, UnaryOperator<Mono<Connection>> limit) {
        return Mono.defer(() -> {
            Arrival arrival = new Arrival();
            return limit.apply(source.apply(arrival).cache())
                    .filter(connection -> arrival.take())
                    .doOnCancel(arrival::abandon)
                    .doOnError(error -> arrival.abandon());
        });
    }

    /** Before anything can drop it. */
    private Mono<Connection> noted(Mono<Connection> source) {
        return source.doOnNext(this::arrived);
    }

    /** Whether it is the caller's from now on. */
    private boolean take() {
        Object arrived = state.get();
        return arrived instanceof Connection && state.compareAndSet(arrived, TAKEN);
    }

    private void abandon() {
        Object before = state.getAndUpdate(now -> now == TAKEN ? TAKEN : ABANDONED);
        if (before instanceof Connection arrived) {
            giveBack(arrived);
        } else if (before == null) {
            abandoned.tryEmitEmpty();
        }
    }

    private void arrived(Connection connection) {
        if (!state.compareAndSet(null, connection)) {
            giveBack(connection);
        }
    }

    /** Nobody is left to whom this could be chained. */
    private static void giveBack(Connection connection) {
        Mono.from(connection.close()).onErrorComplete().subscribe();
    }
}
