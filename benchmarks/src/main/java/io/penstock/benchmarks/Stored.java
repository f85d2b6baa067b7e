package io.penstock.benchmarks;

import java.sql.SQLException;

/** Counts what was published. */
final class Stored {

    private static final String EVENTS = "SELECT count(DISTINCT (payload->>'number')::int4) FROM penstock.outbox_event";
    private static final String ROWS = "SELECT count(*) FROM penstock.outbox_event";
    private static final String OWED =
            "SELECT count(*) FROM penstock.inbox JOIN penstock.outbox_event USING (seq) WHERE state = 0";

    private Stored() {}

    /** Throws unless so many different events are stored, once, and owed to one consumer. */
    static void require(Bench.Address database, long events) throws SQLException {
        requireEvents(database, events);
        Jdbc.require(database, "rows in the inbox", OWED, events);
    }

    /** Throws unless so many different events are stored, once. */
    static void requireEvents(Bench.Address database, long events) throws SQLException {
        Jdbc.require(database, "events stored", ROWS, events);
        Jdbc.require(database, "different events stored", EVENTS, events);
    }
}
