package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.r2dbc.spi.ConnectionFactory;
import java.util.UUID;

/** What the rooms of one running bus share. */
record Node(
        UUID id,
        BusOptions options,
        BusListener listener,
        Database database,
        Transactions transactions,
        WakeUp wakeUp) {

    static Node of(ConnectionFactory application, BusOptions options) {
        WakeUp wakeUp = new WakeUp();
        return new Node(
                UUID.randomUUID(),
                options,
                new GuardedListener(options.listener()),
                new Database(application, new SchemaName(options.schema()), options.connections()),
                new Transactions(application, options.acquireTimeout(), wakeUp),
                wakeUp);
    }

    String name() {
        return options.node();
    }
}
