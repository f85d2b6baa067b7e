package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Removes what is done from one consumer's inbox, and lets go on what waited behind it. */
final class Inbox {

    // A ready row only: one that was retried, parked or buried by another node in the meantime is not ours to remove.
    private static final String REMOVE =
            "DELETE FROM ${schema}.inbox WHERE consumer_id = $1 AND state = 0 AND seq = ANY ($2::int8[])";

    // As REMOVE, in a handler's transaction. When its node freezes there, or the network between them does, the server
    // would keep the transaction, and the rows' locks, for hours: it is told to end it. A row in the answer costs the
    // driver more than a position in an array.
    private static final String TAKE = """
            WITH taken AS (
                DELETE FROM ${schema}.inbox
                 USING (SELECT set_config('idle_in_transaction_session_timeout', $3, true)) AS fence
                 WHERE consumer_id = $1 AND state = 0 AND seq = ANY ($2::int8[])
                RETURNING seq
            )
            SELECT ARRAY(SELECT seq FROM taken) AS seqs
            """;

    // With an array of one, whose length the planner would guess wrong, the application's connections would plan the
    // statement anew each time, which takes longer than to run it.
    private static final String TAKE_ONE = """
            DELETE FROM ${schema}.inbox
             USING (SELECT set_config('idle_in_transaction_session_timeout', $3, true)) AS fence
             WHERE consumer_id = $1 AND state = 0 AND seq = $2
            """;

    private static final String OWED_LATER = """
            SELECT seq FROM ${schema}.inbox
             WHERE consumer_id = $1 AND state = ANY ('{1,2,3}'::int2[]) AND seq = ANY ($2::int8[])
            """;

    private static final Duration LONGEST_IDLE = Duration.ofDays(24);

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
    private final String take;
    private final String takeOne;
    private final String release;

    Inbox(Database database, int consumerId) {
        this.database = database;
        this.consumerId = consumerId;
        this.remove = database.sql(REMOVE);
        this.take = database.sql(TAKE);
        this.takeOne = database.sql(TAKE_ONE);
        this.release = database.sql(RELEASE);
    }

    private Mono<Long> remove(Connection connection, List<Claimed> rows) {
        return Database.changed(
                connection, remove, statement -> statement.bind(0, consumerId).bind(1, seqs(rows)));
    }

    /**
     * Removes rows in a handler's transaction, which the server rolls back when nothing comes for so long; emits those
     * that were still there.
     */
    Mono<List<Long>> take(Connection connection, List<Claimed> rows, Duration longestIdle) {
        String millis = Long.toString(Math.min(longestIdle.toMillis(), LONGEST_IDLE.toMillis()));
        return rows.size() == 1 ? takeOne(connection, rows.get(0).seq(), millis) : take(connection, seqs(rows), millis);
    }

    private Mono<List<Long>> takeOne(Connection connection, long seq, String millis) {
        return Database.changed(
                        connection,
                        takeOne,
                        statement -> statement.bind(0, consumerId).bind(1, seq).bind(2, millis))
                .map(taken -> taken == 0 ? List.of() : List.of(seq));
    }

    private Mono<List<Long>> take(Connection connection, Long[] seqs, String millis) {
        return Database.rows(
                        connection,
                        take,
                        statement -> statement.bind(0, consumerId).bind(1, seqs).bind(2, millis),
                        row -> List.of(Rows.required(row, 0, Long[].class)))
                .single();
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
