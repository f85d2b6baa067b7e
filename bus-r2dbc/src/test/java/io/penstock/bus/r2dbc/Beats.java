package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.awaitThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes down, in the database and in one order, when the beats of all nodes begin and end and when a lease changes
 * hands: time is told in beats here, not by a clock. A node is known by its one connection for upkeep.
 */
final class Beats {

    private final BusFixture fixture;

    /** From now on; the schema has to be there. */
    Beats(BusFixture fixture) {
        this.fixture = fixture;
        execute("CREATE TABLE %s.noted (at bigserial, pid int DEFAULT pg_backend_pid(), what text)");
        execute("""
                CREATE FUNCTION %1$s.note() RETURNS trigger LANGUAGE plpgsql
                    AS 'BEGIN INSERT INTO %1$s.noted (what) VALUES (TG_ARGV[0]); RETURN NULL; END'
                """);
        // The first statement of a beat, and the last.
        execute("CREATE TRIGGER begun BEFORE INSERT ON %1$s.node EXECUTE FUNCTION %1$s.note('begun')");
        execute("CREATE TRIGGER ended AFTER DELETE ON %1$s.node EXECUTE FUNCTION %1$s.note('ended')");
        execute("""
                CREATE TRIGGER moved AFTER UPDATE ON %1$s.partition_lease FOR EACH ROW
                    WHEN (old.node_id IS DISTINCT FROM new.node_id) EXECUTE FUNCTION %1$s.note('moved')
                """);
    }

    long now() {
        return fixture.one(
                "SELECT max(at) AS at FROM %s.noted".formatted(fixture.schema()), row -> row.get("at", Long.class));
    }

    /** Waits until each of so many nodes has begun and ended a beat; returns when the last of them had. */
    long awaitOneOfEach(int nodes, long from) {
        AtomicLong last = new AtomicLong();
        awaitThat(() -> {
            Map.Entry<Long, Long> ended = ended(from);
            last.set(ended.getValue());
            return ended.getKey() == nodes;
        });
        return last.get();
    }

    /** How many leases changed hands. */
    long movesAfter(long from) {
        return fixture.count("noted WHERE what = 'moved' AND at > " + from);
    }

    private Map.Entry<Long, Long> ended(long from) {
        return fixture.one(
                """
                SELECT count(*) AS nodes, coalesce(max(ended), 0) AS last
                  FROM (SELECT begun.pid, min(noted.at) AS ended
                          FROM (SELECT pid, min(at) AS at FROM %1$s.noted
                                 WHERE what = 'begun' AND at > %2$d GROUP BY pid) AS begun
                          JOIN %1$s.noted ON noted.pid = begun.pid AND what = 'ended' AND noted.at > begun.at
                         GROUP BY begun.pid) AS each
                """.formatted(fixture.schema(), from),
                row -> Map.entry(row.get("nodes", Long.class), row.get("last", Long.class)));
    }

    private void execute(String sql) {
        fixture.execute(sql.formatted(fixture.schema()));
    }
}
