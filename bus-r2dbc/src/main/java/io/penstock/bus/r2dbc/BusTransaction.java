package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import java.util.List;
import reactor.core.publisher.Mono;

/** A transaction that the bus began for {@link R2dbcEventBus#inTransaction}: the application's writes and its events. */
public final class BusTransaction {

    private final TransactionalOutbox outbox;
    private final BusConnection connection;

    BusTransaction(TransactionalOutbox outbox, BusConnection connection) {
        this.outbox = outbox;
        this.connection = connection;
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
