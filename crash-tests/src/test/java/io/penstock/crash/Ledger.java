package io.penstock.crash;

import io.penstock.crash.Observed.Effect;
import io.penstock.crash.Observed.Owed;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;

/** The handlers' side of the database. Without any unique key: what is done twice must be seen twice. */
final class Ledger {

    private static final String TABLES = """
            CREATE TABLE ledger (
                pos bigserial, consumer text NOT NULL, event_id uuid NOT NULL, key text NOT NULL, node text NOT NULL,
                attempt int NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
            CREATE TABLE counter (id int PRIMARY KEY, value bigint NOT NULL);
            INSERT INTO counter VALUES (1, 0), (2, 0);
            """;

    private static final String EFFECTS = "SELECT consumer, event_id, key, node FROM ledger ORDER BY pos";

    // The inbox in its own order, which is that of publication.
    private static final String OWED = """
            SELECT consumer.name, event.id, inbox.state
              FROM penstock.inbox
              JOIN penstock.consumer ON consumer.id = inbox.consumer_id
              JOIN penstock.outbox_event event ON event.seq = inbox.seq
             ORDER BY inbox.seq
            """;

    private static final String PENDING = "SELECT count(*) FROM penstock.inbox WHERE state <> 3";

    private static final String LEAKS = """
            SELECT application_name || ' ' || state || ': ' || left(query, 60) FROM pg_stat_activity
             WHERE datname = current_database() AND state LIKE 'idle in transaction%'
            """;

    private final Sql sql;

    Ledger(Sql sql) {
        this.sql = sql;
    }

    void create() {
        sql.execute(TABLES);
    }

    long pending() {
        return sql.number(PENDING);
    }

    long scheduled() {
        return sql.number("SELECT count(*) FROM penstock.inbox WHERE state = 1");
    }

    long dead() {
        return sql.number("SELECT count(*) FROM penstock.inbox WHERE state = 3");
    }

    long effects() {
        return sql.number("SELECT count(*) FROM ledger");
    }

    long effects(UUID event) {
        return sql.number("SELECT count(*) FROM ledger WHERE event_id = '" + event + "'");
    }

    List<String> leaks() {
        return sql.all(LEAKS, row -> row.getString(1));
    }

    Observed observe(List<String> leaks) {
        return new Observed(
                sql.all(
                        EFFECTS,
                        row -> new Effect(
                                row.getString(1), row.getObject(2, UUID.class), row.getString(3), row.getString(4))),
                sql.all(OWED, row -> new Owed(row.getString(1), row.getObject(2, UUID.class), row.getInt(3))),
                new HashSet<>(sql.all("SELECT id FROM penstock.outbox_event", row -> row.getObject(1, UUID.class))),
                leaks);
    }
}
