package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Statement;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/**
 * Reads one consumer's ready rows. The partitions it reads are leased to this node, so a plain indexed SELECT is a
 * claim: no row is locked or written for it (ADR 2).
 */
final class Claims {

    // What is usual is null: a column that is null costs the driver next to nothing, any other a quarter of a
    // microsecond. The usual type and source are those that were read last.
    private static final String COLUMNS =
            """
            SELECT inbox.seq, inbox.key_hash, nullif(inbox.attempts, 0) AS attempts,
                   nullif(inbox.begun::int4, 0) AS begun,
                   CASE WHEN event.expires_at IS NOT NULL
                        THEN (extract(epoch FROM event.expires_at - clock_timestamp()) * 1000)::int8
                   END AS expires_in,
            """ + Rows.eventColumns("nullif(event.type, $6::text)", "nullif(event.source, $7::text)");

    // Looked up one by one behind the OFFSET, or the planner may read the outbox from its beginning and look for each
    // event in the inbox, as it does where the inbox was empty when it last looked.
    private static final String WITH_EVENTS = """
             CROSS JOIN LATERAL (
                   SELECT * FROM ${schema}.outbox_event stored WHERE stored.seq = inbox.seq OFFSET 0) AS event
             ORDER BY inbox.seq
            """;

    // Runs along the primary key (consumer_id, state, seq): parked and dead rows are not passed. Rows in memory already
    // are left out, so the cursor may step back at any time; the server looks them up in a hash table, where an array
    // would be compared with each row from its beginning, as the partitions are. Where all are this node's, and nothing
    // is to be left out, null says so, and costs no row anything.
    static final String READY = COLUMNS + """

              FROM (SELECT * FROM ${schema}.inbox ready
                     WHERE ready.consumer_id = $1 AND ready.state = 0 AND ready.seq > $2
                       AND ($3::int4[] IS NULL OR ready.partition = ANY ($3::int4[]))
                       AND ($4::int8[] IS NULL OR ready.seq NOT IN (SELECT unnest($4::int8[])))
                     ORDER BY ready.seq
                     LIMIT $5) AS inbox
            """ + WITH_EVENTS;

    // As READY, up to a position, for rows that are close to each other: inbox and outbox are read side by side, which
    // takes the server a third less than to look each event up (ADR 13). Of all joins the planner can make a full one
    // only so, whatever it believes of the tables; the conditions leave inner rows without its knowing. They come in
    // the order in which they are read: to ask for it would be to sort them. Where nothing is ready beyond, each row
    // says so, or what is read as it is published would need an empty statement behind it each time. Rows in memory
    // count as ready there: what follows then is one statement more.
    static final String READY_ALONG = COLUMNS + """
                   , nullif(NOT EXISTS (
                       SELECT FROM ${schema}.inbox beyond
                        WHERE beyond.consumer_id = $1 AND beyond.state = 0 AND beyond.seq > $8
                          AND ($3::int4[] IS NULL OR beyond.partition = ANY ($3::int4[]))), false) AS ends
              FROM (SELECT seq, key_hash, attempts, begun FROM ${schema}.inbox ready
                     WHERE ready.consumer_id = $1 AND ready.state = 0 AND ready.seq > $2 AND ready.seq <= $8
                       AND ($3::int4[] IS NULL OR ready.partition = ANY ($3::int4[]))
                       AND ($4::int8[] IS NULL OR ready.seq NOT IN (SELECT unnest($4::int8[])))
                     ORDER BY ready.seq
                     LIMIT $5) AS inbox
              FULL JOIN (
                   SELECT * FROM ${schema}.outbox_event stored
                    WHERE stored.seq > $2 AND stored.seq <= $8) AS event ON event.seq = inbox.seq
             WHERE coalesce(inbox.seq, 0) > 0 AND coalesce(event.seq, 0) > 0
            """;

    // As READY, with what an ordered consumer has to know of a row's key and of the transactions that are open. The two
    // inner queries are in the order of inbox_key: with EXISTS instead, the planner may search all parked rows for one
    // of the key.
    static final String READY_BY_KEY = COLUMNS + """
                   , nullif((
                       SELECT earlier.seq FROM ${schema}.inbox earlier
                        WHERE earlier.consumer_id = inbox.consumer_id AND earlier.key_hash = inbox.key_hash
                          AND earlier.holds_key AND earlier.seq < inbox.seq
                        ORDER BY earlier.seq LIMIT 1) IS NOT NULL, false) AS blocked,
                   nullif((
                       SELECT later.seq FROM ${schema}.inbox later
                        WHERE later.consumer_id = inbox.consumer_id AND later.key_hash = inbox.key_hash
                          AND later.holds_key AND later.seq > inbox.seq
                        ORDER BY later.seq LIMIT 1) IS NOT NULL, false) AS followed,
                   pg_snapshot_xmin(pg_current_snapshot())::text::int8 AS xmin,
                   pg_current_xact_id()::text::int8 AS own_xid
              FROM (SELECT * FROM ${schema}.inbox ready
                     WHERE ready.consumer_id = $1 AND ready.state = 0 AND ready.seq > $2
                       AND ($3::int4[] IS NULL OR ready.partition = ANY ($3::int4[]))
                       AND ($4::int8[] IS NULL OR ready.seq NOT IN (SELECT unnest($4::int8[])))
                       AND (cardinality($8::int8[]) = 0 OR ready.key_hash = ANY ($8::int8[]))
                       AND ready.key_hash NOT IN (SELECT unnest($9::int8[]))
                     ORDER BY ready.seq
                     LIMIT $5) AS inbox
            """ + WITH_EVENTS;

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

    private final Database database;
    private final Registered consumer;
    private final UUID nodeId;
    private final String ready;
    private final String readyAlong;
    private final String park;
    private final String promote;
    // As the last event read had it.
    private volatile RangeReading.Usual usual = RangeReading.Usual.NOTHING;

    Claims(Database database, Registered consumer, UUID nodeId) {
        this.database = database;
        this.nodeId = nodeId;
        this.consumer = consumer;
        this.ready = database.sql(consumer.isOrdered() ? READY_BY_KEY : READY);
        this.readyAlong = database.sql(READY_ALONG);
        this.park = database.sql(PARK);
        this.promote = database.sql(PROMOTE);
    }

    /**
     * Reads the ready rows of a range, in order, and emits them. Of a consumer that is not ordered, the first ones are
     * handed over a few hundred at a time while the others are on their way; the reading waits for none of them.
     *
     * @param early called on the connection's thread
     */
    Mono<RangeReading.Page> read(Range range, HeldPartitions held, Consumer<List<Claimed>> early) {
        return Mono.defer(
                () -> read(range, held, new RangeReading(consumer, range.isAlong(), held.gains(), usual, early)));
    }

    private Mono<RangeReading.Page> read(Range range, HeldPartitions held, RangeReading reading) {
        Consumer<Statement> bind = statement -> bind(statement, range, held, reading.usual());
        String sql = range.isAlong() ? readyAlong : ready;
        return database.with(connection ->
                        Database.rows(connection, sql, bind, reading::claimed).then(Mono.fromSupplier(reading::page)))
                .doOnNext(page -> usual = reading.usualNext());
    }

    private void bind(Statement statement, Range range, HeldPartitions held, RangeReading.Usual usual) {
        boolean ownsAll = held.isWhole(consumer.options().partitions());
        boolean takesAll = range.without().length == 0;
        statement
                .bind(0, consumer.id())
                .bind(1, range.above())
                .bind(4, range.limit())
                .bind(5, usual.type())
                .bind(6, usual.source());
        Database.bind(statement, 2, ownsAll ? null : held.claimable(), Integer[].class);
        Database.bind(statement, 3, takesAll ? null : range.without(), Long[].class);
        if (consumer.isOrdered()) {
            statement.bind(7, range.onlyKeys()).bind(8, range.exceptKeys());
        } else if (range.isAlong()) {
            statement.bind(7, range.upTo());
        }
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

    /**
     * Which rows to read: {@code above < seq}, without those, of these keys if any, except those, at most so many.
     *
     * @param upTo the last position, if they are to be read along the outbox; otherwise {@link #NO_END}
     */
    @SuppressWarnings("ArrayRecordComponent") // Bound as they are; never compared.
    record Range(long above, Long[] without, Long[] onlyKeys, Long[] exceptKeys, int limit, long upTo) {

        static final long NO_END = Long.MAX_VALUE;

        // A few rows are looked up as fast.
        static final int FEWEST_ALONG = 64;

        boolean isAlong() {
            return upTo != NO_END;
        }

        /** Whether there may be more behind what was read. */
        boolean isCutShort(RangeReading.Page page) {
            return page.count() == limit || (isAlong() && !page.ends());
        }

        /** How many positions there were to a row, those in memory among them; infinitely many where few rows were found. */
        double spread(RangeReading.Page page) {
            int fewest = isCutShort(page) ? (limit + 1) / 2 : FEWEST_ALONG;
            if (page.count() < fewest) {
                return Double.POSITIVE_INFINITY;
            }
            // Before the first row of all may lie millions that are finished.
            long begin = above > 0 ? above : page.first() - 1;
            long end = isCutShort(page) && page.count() < limit ? upTo : page.last();
            return Math.max(1, (double) (end - begin) / (page.count() + without.length));
        }
    }

    /** How many rows became ready, the lowest of them, and when the next one is due. */
    record Promoted(long count, long lowestSeq, long dueInMillis) {}
}
