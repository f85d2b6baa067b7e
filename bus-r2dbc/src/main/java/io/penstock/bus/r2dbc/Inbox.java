package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Connection;
import java.util.Collection;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Removes what is done from one consumer's inbox, and lets go on what waited behind it. */
final class Inbox {

    // A ready row only: one that was retried, parked or buried by another node in the meantime is not ours to remove.
    private static final String REMOVE =
            "DELETE FROM ${schema}.inbox WHERE consumer_id = $1 AND state = 0 AND seq = ANY ($2::int8[])";

    private static final String OWED_LATER = """
            SELECT seq FROM ${schema}.inbox
             WHERE consumer_id = $1 AND state = ANY ('{1,2,3}'::int2[]) AND seq = ANY ($2::int8[])
            """;

    // Released rows become due, not ready: until the dispatcher makes them ready, and reads from the lowest of them on,
    // they hold back the later rows of their key. A few at a time, or each failing head would park the whole key again.
    private static final String RELEASE = """
            UPDATE ${schema}.inbox SET state = 1, due_at = now()
             WHERE consumer_id = $1 AND state = 2 AND seq = ANY (ARRAY(
                   SELECT next.seq
                     FROM unnest($2::int8[]) AS freed (key_hash)
                    CROSS JOIN LATERAL (
                          SELECT parked.seq FROM ${schema}.inbox parked
                           WHERE parked.consumer_id = $1 AND parked.key_hash = freed.key_hash
                             AND parked.holds_key AND parked.state = 2
                           ORDER BY parked.seq LIMIT $3) AS next))
            """;

    private static final int RELEASED_AT_ONCE = 64;

    private final Database database;
    private final int consumerId;
    private final String remove;
    private final String release;

    Inbox(Database database, int consumerId) {
        this.database = database;
        this.consumerId = consumerId;
        this.remove = database.sql(REMOVE);
        this.release = database.sql(RELEASE);
    }

    private Mono<Long> remove(Connection connection, List<Claimed> rows) {
        return Database.changed(
                connection, remove, statement -> statement.bind(0, consumerId).bind(1, seqs(rows)));
    }

    /** Which of the rows are owed all the same, in another state. */
    Flux<Long> owedLater(Connection connection, List<Claimed> rows) {
        return Database.rows(
                connection,
                database.sql(OWED_LATER),
                statement -> statement.bind(0, consumerId).bind(1, seqs(rows)),
                row -> Rows.required(row, "seq", Long.class));
    }

    /** Lets the first of what is parked behind these keys go on, in the connection's transaction. */
    Mono<Long> release(Connection connection, Collection<Long> keyHashes) {
        return Database.changed(
                connection,
                release,
                statement -> statement
                        .bind(0, consumerId)
                        .bind(1, keyHashes.toArray(Long[]::new))
                        .bind(2, RELEASED_AT_ONCE));
    }

    /**
     * Removes rows and lets the given keys go on, in one transaction. Two statements: the second has to see what was
     * parked while the first waited.
     */
    Mono<Void> removeAndRelease(List<Claimed> rows, Collection<Long> keyHashes) {
        return keyHashes.isEmpty()
                ? database.with(connection -> remove(connection, rows).then())
                : database.transaction(connection -> database.limit(remove(connection, rows)
                        .then(release(connection, keyHashes))
                        .then()));
    }

    private static Long[] seqs(List<Claimed> rows) {
        Long[] seqs = new Long[rows.size()];
        for (int i = 0; i < seqs.length; i++) {
            seqs[i] = rows.get(i).seq();
        }
        return seqs;
    }
}
