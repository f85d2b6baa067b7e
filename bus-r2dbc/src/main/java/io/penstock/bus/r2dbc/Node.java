package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import java.util.UUID;

/**
 * What the rooms of one running bus share.
 *
 * @param database the connections on which deliveries and publishes are written
 * @param upkeep one connection apart, so that nothing keeps the node from renewing its leases; one that does not answer
 *     is given up before they are over
 * @param taking how handlers' transactions begin
 * @param isolation where what may kill the node runs alone
 */
record Node(
        UUID id,
        BusOptions options,
        BusListener listener,
        Database database,
        Database upkeep,
        Transactions transactions,
        Taking taking,
        WakeUp wakeUp,
        Isolation isolation) {

    private static final Duration SHORTEST_PATIENCE = Duration.ofSeconds(1);

    static Node of(ConnectionFactory application, BusOptions options) {
        SchemaName schema = new SchemaName(options.schema());
        UUID id = UUID.randomUUID();
        BusListener listener = new GuardedListener(options.listener());
        Database database = new Database(application, schema, options.connections());
        WakeUp wakeUp = new WakeUp(new Broadcast(id, database, options, listener));
        return new Node(
                id,
                options,
                listener,
                database,
                new Database(application, schema, 1, patience(options)),
                new Transactions(
                        application,
                        options.acquireTimeout(),
                        wakeUp::committed,
                        error -> listener.failed("follow a transaction's end", error)),
                new Taking(schema),
                wakeUp,
                new Isolation());
    }

    /** A third of the lease, or a second if that is more. */
    private static Duration patience(BusOptions options) {
        Duration third = options.lease().dividedBy(3);
        return third.compareTo(SHORTEST_PATIENCE) < 0 ? SHORTEST_PATIENCE : third;
    }

    String name() {
        return options.node();
    }
}
