package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.function.Function;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** A transaction that the bus began for {@link R2dbcEventBus#inTransaction}: the application's writes and its events. */
public final class BusTransaction {

    private final TransactionalOutbox outbox;
    private final BusConnection connection;

    BusTransaction(TransactionalOutbox outbox, BusConnection connection) {
        this.outbox = outbox;
        this.connection = connection;
    }

    /**
     * Lets an action follow the end of the transaction that the bus began for this connection, which it gave to a
     * handler or to {@link #connection}. The action runs outside of the transaction, once, at most 30 s, however that
     * ended; an error in it is told to the listener and changes nothing. Disposing of what is returned, before the end,
     * takes the action back. Throws {@link IllegalArgumentException} for
     * any other connection.
     */
    public static Disposable follow(Connection connection, Function<TransactionEnding, Mono<Void>> action) {
        if (!(connection instanceof BusConnection begun)) {
            throw new IllegalArgumentException("No transaction of the bus is on this connection: " + connection);
        }
        return begun.follow(action);
    }

    /** The connection of the transaction, for the application's statements; only the bus ends the transaction. */
    public Connection connection() {
        return connection;
    }

    /** Publishes in this transaction: on subscribe one statement runs; completes, empty, before the commit. */
    public Mono<Void> publish(Event<?> event) {
        return publishAll(List.of(event));
    }

    /** Publishes in this transaction, all events with one statement, in their order. */
    public Mono<Void> publishAll(List<? extends Event<?>> events) {
        return outbox.publish(connection, events).then();
    }
}
