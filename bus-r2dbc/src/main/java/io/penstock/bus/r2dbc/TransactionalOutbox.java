package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import java.util.List;
import reactor.core.publisher.Mono;

/** Publishes events in a transaction that somebody else ends. */
final class TransactionalOutbox {

    private final Node node;
    private final Outbox outbox;

    TransactionalOutbox(Node node, Outbox outbox) {
        this.node = node;
        this.outbox = outbox;
    }

    /** Runs one statement; a transaction that the bus began passes on the hints by itself. */
    Mono<Publication> publish(Connection connection, List<? extends Event<?>> events) {
        return Mono.fromCallable(() -> encode(events))
                .flatMap(encoded -> outbox.append(connection, encoded))
                .flatMap(Appended::allStored)
                .map(appended -> published(connection, events.size(), appended));
    }

    private List<Encoded> encode(List<? extends Event<?>> events) {
        return events.stream().<Encoded>map(outbox::encode).toList();
    }

    private Publication published(Connection connection, int events, Appended appended) {
        node.listener().published(events);
        if (connection instanceof BusConnection ours) {
            ours.addHints(appended.hints());
        }
        return new Publication(node.wakeUp(), appended.hints());
    }
}
