package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Reads one consumer's ready rows. The partitions it reads are leased to this node, so a plain indexed SELECT is a
 * claim: no row is locked or written for it (ADR 2).
 */
final class Claims {

    // Runs along the primary key (consumer_id, state, seq): parked and dead rows are not passed. Rows in memory already
    // are left out, so the cursor may step back at any time. The two inner queries are in the order of inbox_key: with
    // EXISTS instead, the planner may search all parked rows for one of the key. The events are looked up one by one
    // behind the OFFSET, or the planner may read the outbox from its beginning and look for each event in the inbox, as
    // it does where the inbox was empty when it last looked. What is usual is null: a column that is null costs the
    // driver next to nothing, any other a quarter of a microsecond.
    static final String READY = """
            SELECT inbox.seq, inbox.key_hash, inbox.partition::int4 AS partition, nullif(inbox.attempts, 0) AS attempts,
                   (extract(epoch FROM event.expires_at - clock_timestamp()) * 1000)::int8 AS expires_in,
                   nullif($6::bool AND (
                       SELECT earlier.seq FROM ${schema}.inbox earlier
                        WHERE earlier.consumer_id = inbox.consumer_id AND earlier.key_hash = inbox.key_hash
                          AND earlier.holds_key AND earlier.seq < inbox.seq
                        ORDER BY earlier.seq LIMIT 1) IS NOT NULL, false) AS blocked,
                   nullif($6::bool AND (
                       SELECT later.seq FROM ${schema}.inbox later
                        WHERE later.consumer_id = inbox.consumer_id AND later.key_hash = inbox.key_hash
                          AND later.holds_key AND later.seq > inbox.seq
                        ORDER BY later.seq LIMIT 1) IS NOT NULL, false) AS followed,
                   nullif(inbox.begun::int4, 0) AS begun,
                   CASE WHEN $6::bool THEN pg_snapshot_xmin(pg_current_snapshot())::text::int8 END AS xmin,
                   CASE WHEN $6::bool THEN pg_current_xact_id()::text::int8 END AS own_xid,
            """ + Rows.EVENT_COLUMNS + """

              FROM (SELECT * FROM ${schema}.inbox ready
                     WHERE ready.consumer_id = $1 AND ready.state = 0 AND ready.seq > $2
                       AND ready.partition = ANY ($3::int4[]) AND ready.seq <> ALL ($4::int8[])
                       AND (cardinality($5::int8[]) = 0 OR ready.key_hash = ANY ($5::int8[]))
                       AND ready.key_hash <> ALL ($7::int8[])
                     ORDER BY ready.seq
                     LIMIT $8) AS inbox
             CROSS JOIN LATERAL (
                   SELECT * FROM ${schema}.outbox_event stored WHERE stored.seq = inbox.seq OFFSET 0) AS event
             ORDER BY inbox.seq
            """;

    // The lock on the row that holds the key makes whoever removes it wait, so that no row is parked behind nothing.
    private static final String PARK = """
            UPDATE ${schema}.inbox SET state = 2, holds_key = true
             WHERE consumer_id = $1 AND state = 0 AND seq = ANY (ARRAY(
                   SELECT later.seq
                     FROM ${schema}.inbox later
                    CROSS JOIN LATERAL (
                          SELECT FROM ${schema}.inbox earlier
                           WHERE earlier.consumer_id = later.consumer_id AND earlier.key_hash = later.key_hash
                             AND earlier.holds_key AND earlier.seq < later.seq
                           ORDER BY earlier.seq LIMIT 1 FOR SHARE) AS holder
                    WHERE later.consumer_id = $1 AND later.state = 0 AND later.seq = ANY ($2::int8[])))
            """;

    // Asks the leases too: a row made ready late, when its partition has a new owner, would be behind that one's
    // cursor.
    private static final String PROMOTE = """
            WITH due AS (
                SELECT seq FROM ${schema}.inbox
                 WHERE consumer_id = $1 AND state = 1 AND due_at <= now()
                   AND partition = ANY (ARRAY(
                       SELECT partition FROM ${schema}.partition_lease
                        WHERE consumer_id = $1 AND node_id = $4 AND expires_at > clock_timestamp()
                          AND partition = ANY ($2::int4[])))
                 ORDER BY due_at, seq
                 LIMIT $3
            ), ready AS (
                UPDATE ${schema}.inbox SET state = 0, holds_key = false, due_at = NULL
                 WHERE consumer_id = $1 AND state = 1 AND seq = ANY (ARRAY(SELECT seq FROM due))
                RETURNING seq
            )
            SELECT count(*) AS promoted, coalesce(min(seq), 9223372036854775807) AS lowest_seq,
                   coalesce((SELECT ceil(extract(epoch FROM due_at - now()) * 1000)::int8
                               FROM ${schema}.inbox
                              WHERE consumer_id = $1 AND state = 1 AND partition = ANY ($2::int4[]) AND due_at > now()
                              ORDER BY due_at LIMIT 1), 9223372036854775807) AS due_in
              FROM ready
            """;

    private static final long FARTHEST_EXPIRY_MILLIS = TimeUnit.DAYS.toMillis(365);

    private final Database database;
    private final Registered consumer;
    private final UUID nodeId;
    private final String ready;
    private final String park;
    private final String promote;

    Claims(Database database, Registered consumer, UUID nodeId) {
        this.database = database;
        this.nodeId = nodeId;
        this.consumer = consumer;
        this.ready = database.sql(READY);
        this.park = database.sql(PARK);
        this.promote = database.sql(PROMOTE);
    }

    /** Emits the ready rows of a range, in order. */
    Mono<Page> read(Range range, HeldPartitions held) {
        return Mono.defer(() -> {
            Reading reading = new Reading(held.gains());
            return database.list(ready, statement -> bind(statement, range, held), reading::claimed)
                    .map(reading::page);
        });
    }

    private void bind(Statement statement, Range range, HeldPartitions held) {
        statement
                .bind(0, consumer.id())
                .bind(1, range.above())
                .bind(2, held.claimable())
                .bind(3, range.without())
                .bind(4, range.onlyKeys())
                .bind(5, consumer.isOrdered())
                .bind(6, range.exceptKeys())
                .bind(7, range.limit());
    }

    /** Puts blocked rows aside until their key is free; emits how many still had to wait. */
    Mono<Long> park(List<Claimed> blocked) {
        Long[] seqs = blocked.stream().map(Claimed::seq).toArray(Long[]::new);
        return database.update(
                park, statement -> statement.bind(0, consumer.id()).bind(1, seqs));
    }

    /** Makes scheduled rows whose time has come ready, the earliest first. */
    Mono<Promoted> promote(Integer[] partitions, int limit) {
        return database.query(
                        promote,
                        statement -> statement
                                .bind(0, consumer.id())
                                .bind(1, partitions)
                                .bind(2, limit)
                                .bind(3, nodeId),
                        row -> new Promoted(
                                Rows.required(row, "promoted", Long.class),
                                Rows.required(row, "lowest_seq", Long.class),
                                Rows.required(row, "due_in", Long.class)))
                .single();
    }

    /** The database's clock says how long there is left; the node's monotonic clock counts it down from here. */
    private static @Nullable Long expiry(@Nullable Long inMillis) {
        return inMillis == null
                ? null
                : System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.min(inMillis, FARTHEST_EXPIRY_MILLIS));
    }

    /** Which rows to read: {@code above < seq}, without those, of these keys if any, except those, at most so many. */
    @SuppressWarnings("ArrayRecordComponent") // Bound as they are; never compared.
    record Range(long above, Long[] without, Long[] onlyKeys, Long[] exceptKeys, int limit) {}

    /**
     * What a range had.
     *
     * @param xmin all transactions before this one had ended
     * @param ownXid the reading's own number, taken after its snapshot: whoever published what it saw, or has a position
     *     below that, had a lower one
     */
    record Page(List<Claimed> rows, long xmin, long ownXid) {}

    /** Takes the rows of a range; what is known of the transactions comes with each of them and is the same. */
    private static final class Reading {

        private final long gain;
        private long xmin;
        private long ownXid;
        private boolean begun;

        Reading(long gain) {
            this.gain = gain;
        }

        Claimed claimed(Readable row) {
            if (!begun) {
                begun = true;
                xmin = Rows.number(row, 8);
                ownXid = Rows.number(row, 9);
            }
            return new Claimed(
                    Rows.required(row, 0, Long.class),
                    Rows.required(row, 1, Long.class),
                    Rows.required(row, 2, Integer.class),
                    (int) Rows.number(row, 3),
                    expiry(row.get(4, Long.class)),
                    row.get(5) != null,
                    row.get(6) != null,
                    (int) Rows.number(row, 7),
                    gain,
                    Rows.event(row, 10));
        }

        Page page(List<Claimed> rows) {
            return new Page(rows, xmin, ownXid);
        }
    }

    /** How many rows became ready, the lowest of them, and when the next one is due. */
    record Promoted(long count, long lowestSeq, long dueInMillis) {}
}
