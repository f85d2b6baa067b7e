package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.EventCodec;
import io.penstock.bus.EventLimits;
import io.penstock.bus.JacksonEventCodec;
import java.time.Duration;
import java.util.UUID;

/**
 * How a bus behaves on its node. Immutable; {@link #DEFAULTS} is a complete set.
 *
 * @param schema the database schema of all tables; letters, digits, '_', '-' and spaces, case-sensitive, at most 63 bytes;
 *     default {@code penstock}
 * @param schemaMode what start does about the schema; default {@link SchemaMode#MIGRATE}
 * @param node this node's name in the database and in deliveries; default {@code node-} and random digits
 * @param source the source of events that name none; default {@code penstock}
 * @param codec turns payloads into JSON and back; default {@link JacksonEventCodec#create()}
 * @param limits how large an event may be; default {@link EventLimits#DEFAULTS}
 * @param listener observes the bus; default {@link LoggingBusListener}
 * @param connections the bus's own connections, 2 to 100; default 5
 * @param pollInterval how often the database is asked for work no signal told of, 10 ms to 1 day; default 1 s.
 *     Of a consumer that works through a backlog, only each fifth poll looks for what committed late
 * @param lease how long partitions stay with a node that is silent, 1 s to 1 h; default 15 s
 * @param retention how long finished events are kept after they were published, from 0; default 7 days
 * @param retentionInterval how often they are removed, 1 s to 1 day; default 1 min
 * @param grace how long close waits for running handlers, up to 1 h; default 30 s
 * @param acquireTimeout how long a delivery waits for a connection of the application, and then for its inbox row,
 *     10 ms to 1 h; default 30 s
 * @param notifications whether nodes tell each other of events by NOTIFY, and listen on one more connection once a consumer
 *     runs; switch it off behind a pooler that shares connections between transactions, the poll delivers then; default
 *     true
 * @param maxPendingPublishes publishes that may wait to be written, from 1; default 100,000
 */
public record BusOptions(
        String schema,
        SchemaMode schemaMode,
        String node,
        String source,
        EventCodec codec,
        EventLimits limits,
        BusListener listener,
        int connections,
        Duration pollInterval,
        Duration lease,
        Duration retention,
        Duration retentionInterval,
        Duration grace,
        Duration acquireTimeout,
        boolean notifications,
        int maxPendingPublishes) {

    public static final BusOptions DEFAULTS = builder().build();

    public BusOptions {
        SchemaName.require(schema);
        requireText("node", node);
        requireText("source", source);
        requireBetween("connections", connections, 2, 100);
        requireBetween("pollInterval", pollInterval, Duration.ofMillis(10), Duration.ofDays(1));
        requireBetween("lease", lease, Duration.ofSeconds(1), Duration.ofHours(1));
        requireBetween("retention", retention, Duration.ZERO, Duration.ofDays(36_500));
        requireBetween("retentionInterval", retentionInterval, Duration.ofSeconds(1), Duration.ofDays(1));
        requireBetween("grace", grace, Duration.ZERO, Duration.ofHours(1));
        requireBetween("acquireTimeout", acquireTimeout, Duration.ofMillis(10), Duration.ofHours(1));
        requireBetween("maxPendingPublishes", maxPendingPublishes, 1, Integer.MAX_VALUE);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The same options with another listener. */
    public BusOptions withListener(BusListener other) {
        return new BusOptions(
                schema,
                schemaMode,
                node,
                source,
                codec,
                limits,
                other,
                connections,
                pollInterval,
                lease,
                retention,
                retentionInterval,
                grace,
                acquireTimeout,
                notifications,
                maxPendingPublishes);
    }

    private static void requireText(String name, String value) {
        if (value.isBlank() || value.length() > 200) {
            throw new IllegalArgumentException(name + " is '" + value + "', allowed are 1 to 200 characters");
        }
    }

    private static <V extends Comparable<V>> void requireBetween(String name, V value, V low, V high) {
        if (value.compareTo(low) < 0 || value.compareTo(high) > 0) {
            throw new IllegalArgumentException(name + " is " + value + ", allowed are " + low + " to " + high);
        }
    }

    /** Gathers options, from the defaults on. Not thread-safe. */
    public static final class Builder {

        private String schema = "penstock";
        private SchemaMode schemaMode = SchemaMode.MIGRATE;
        private String node = "node-" + UUID.randomUUID().toString().substring(0, 8);
        private String source = "penstock";
        private EventCodec codec = JacksonEventCodec.create();
        private EventLimits limits = EventLimits.DEFAULTS;
        private BusListener listener = new LoggingBusListener();
        private int connections = 5;
        private Duration pollInterval = Duration.ofSeconds(1);
        private Duration lease = Duration.ofSeconds(15);
        private Duration retention = Duration.ofDays(7);
        private Duration retentionInterval = Duration.ofMinutes(1);
        private Duration grace = Duration.ofSeconds(30);
        private Duration acquireTimeout = Duration.ofSeconds(30);
        private boolean notifications = true;
        private int maxPendingPublishes = 100_000;

        private Builder() {}

        public Builder schema(String name) {
            this.schema = name;
            return this;
        }

        public Builder schemaMode(SchemaMode mode) {
            this.schemaMode = mode;
            return this;
        }

        public Builder node(String name) {
            this.node = name;
            return this;
        }

        public Builder source(String name) {
            this.source = name;
            return this;
        }

        public Builder codec(EventCodec eventCodec) {
            this.codec = eventCodec;
            return this;
        }

        public Builder limits(EventLimits eventLimits) {
            this.limits = eventLimits;
            return this;
        }

        public Builder listener(BusListener busListener) {
            this.listener = busListener;
            return this;
        }

        public Builder connections(int count) {
            this.connections = count;
            return this;
        }

        public Builder pollInterval(Duration interval) {
            this.pollInterval = interval;
            return this;
        }

        public Builder lease(Duration duration) {
            this.lease = duration;
            return this;
        }

        public Builder retention(Duration duration) {
            this.retention = duration;
            return this;
        }

        public Builder retentionInterval(Duration interval) {
            this.retentionInterval = interval;
            return this;
        }

        public Builder grace(Duration duration) {
            this.grace = duration;
            return this;
        }

        public Builder acquireTimeout(Duration duration) {
            this.acquireTimeout = duration;
            return this;
        }

        public Builder notifications(boolean on) {
            this.notifications = on;
            return this;
        }

        public Builder maxPendingPublishes(int count) {
            this.maxPendingPublishes = count;
            return this;
        }

        public BusOptions build() {
            return new BusOptions(
                    schema,
                    schemaMode,
                    node,
                    source,
                    codec,
                    limits,
                    listener,
                    connections,
                    pollInterval,
                    lease,
                    retention,
                    retentionInterval,
                    grace,
                    acquireTimeout,
                    notifications,
                    maxPendingPublishes);
        }
    }
}
