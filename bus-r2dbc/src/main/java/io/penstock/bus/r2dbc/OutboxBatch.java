package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Stores many events with one statement, as {@link OutboxRow} does with one. */
final class OutboxBatch {

    // One round trip for any number of events. The transaction has its number before any event has one, which is what
    // ReadPositions relies on. Times are added in two steps, as an interval is multiplied by a double, which has 53
    // bits.
    // Null for what is usual: version 1, the type of the batch's first event, the source of the bus.
    private static final String STORE = """
            WITH numbered AS MATERIALIZED (
                SELECT pg_current_xact_id() AS xid
            ), input AS (
                SELECT * FROM ROWS FROM (
                           unnest($1::uuid[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int4[], $7::text[],
                                  $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[]),
                           json_array_elements($14::json))
                    WITH ORDINALITY AS event (id, key_hash, occurred_at, deliver_at, expires_at, version, type,
                                              source, aggregate_type, aggregate_id, key, headers, spaced, payload, position)
            ), stored AS (
                INSERT INTO ${schema}.outbox_event
                    (id, key_hash, occurred_at, deliver_at, expires_at,
                     version, type, source, aggregate_type, aggregate_id, key, payload, headers)
                SELECT id, key_hash,
                       'epoch'::timestamptz + occurred_at / 1000000 * interval '1 s' + occurred_at % 1000000 * interval '1 us',
                       'epoch'::timestamptz + deliver_at / 1000000 * interval '1 s' + deliver_at % 1000000 * interval '1 us',
                       'epoch'::timestamptz + expires_at / 1000000 * interval '1 s' + expires_at % 1000000 * interval '1 us',
                       coalesce(version, 1), coalesce(type, $16), coalesce(source, $15), aggregate_type, aggregate_id, key,
                       coalesce(spaced::json, payload), headers::jsonb
                  FROM numbered CROSS JOIN input
                 WHERE xid IS NOT NULL
                 ORDER BY position
            """;

    // A repeated id is left out rather than failing the transaction. Each row is marked as tentative for that, and then
    // confirmed, which is a sixth of the statement's work.
    private static final String LEAVE_OUT_REPEATED = """
                    ON CONFLICT (id) DO NOTHING
            """;

    // The row that comes back names the stored ids only if some are missing.
    private static final String OWE = """
                RETURNING id, seq, key_hash, type, deliver_at
            ), owed AS (
                INSERT INTO ${schema}.inbox (consumer_id, seq, key_hash, partition, state, due_at)
                SELECT consumer.id, stored.seq, stored.key_hash,
                       (stored.key_hash & 9223372036854775807) % consumer.partitions,
                       CASE WHEN stored.deliver_at > statement_timestamp() THEN 1 ELSE 0 END,
                       CASE WHEN stored.deliver_at > statement_timestamp() THEN stored.deliver_at END
                  FROM stored
                  JOIN ${schema}.consumer ON stored.type LIKE ANY (consumer.likes)
                RETURNING consumer_id, seq, state, due_at
            ), hint AS (
                SELECT consumer_id::int4 AS consumer_id,
                       coalesce(min(seq) FILTER (WHERE state = 0), 9223372036854775807) AS lowest_seq,
                       coalesce((extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::int8,
                                9223372036854775807) AS due_in
                  FROM owed
                 GROUP BY consumer_id
            )
            SELECT CASE WHEN (SELECT count(*) FROM stored) < cardinality($1::uuid[])
                        THEN ARRAY(SELECT id FROM stored) END AS stored_ids,
                   ARRAY(SELECT consumer_id FROM hint ORDER BY consumer_id) AS consumers,
                   ARRAY(SELECT lowest_seq FROM hint ORDER BY consumer_id) AS lowest_seqs,
                   ARRAY(SELECT due_in FROM hint ORDER BY consumer_id) AS due_ins
            """;

    private static final String APPEND = STORE + LEAVE_OUT_REPEATED + OWE;
    private static final String APPEND_NEW = STORE + OWE;

    private final String append;
    private final String appendNew;
    private final String source;

    OutboxBatch(SchemaName schema, String source) {
        this.append = schema.in(APPEND);
        this.appendNew = schema.in(APPEND_NEW);
        this.source = source;
    }

    /** Writes the events in their order, in whatever transaction the connection is in. */
    Mono<Appended> append(Connection connection, List<Encoded> events) {
        return write(connection, append, events);
    }

    /** The same, but a repeated id fails all of them, and with them the transaction. */
    Mono<Appended> appendNew(Connection connection, List<Encoded> events) {
        return write(connection, appendNew, events);
    }

    private Mono<Appended> write(Connection connection, String sql, List<Encoded> events) {
        return Database.rows(connection, sql, statement -> bind(statement, events), row -> read(row, events))
                .single();
    }

    private void bind(Statement statement, List<Encoded> events) {
        String usualType = events.isEmpty() ? "" : events.get(0).event().type();
        statement
                .bind(0, column(events, UUID[]::new, encoded -> encoded.event().id()))
                .bind(1, column(events, Long[]::new, Encoded::keyHash))
                .bind(
                        2,
                        column(
                                events,
                                Long[]::new,
                                encoded -> Micros.of(encoded.event().occurredAt())))
                .bind(
                        3,
                        sparse(
                                events,
                                Long[]::new,
                                encoded -> Micros.of(encoded.event().deliverAt())))
                .bind(
                        4,
                        sparse(
                                events,
                                Long[]::new,
                                encoded -> Micros.of(encoded.event().expiresAt())))
                .bind(5, sparse(events, Integer[]::new, OutboxBatch::unusualVersion))
                .bind(6, sparse(events, String[]::new, encoded -> otherType(encoded, usualType)))
                .bind(
                        7,
                        sparse(events, String[]::new, encoded -> encoded.event().source()))
                .bind(
                        8,
                        sparse(events, String[]::new, encoded -> encoded.event().aggregateType()))
                .bind(
                        9,
                        sparse(events, String[]::new, encoded -> encoded.event().aggregateId()))
                .bind(
                        10,
                        sparse(events, String[]::new, encoded -> encoded.event().key()))
                .bind(11, sparse(events, String[]::new, Encoded::headers))
                .bind(12, sparse(events, String[]::new, encoded -> spaced(encoded.payload())))
                .bind(13, payloads(events))
                .bind(14, source)
                .bind(15, usualType);
    }

    private static @Nullable Integer unusualVersion(Encoded encoded) {
        int version = encoded.event().version();
        return version == 1 ? null : version;
    }

    private static @Nullable String otherType(Encoded encoded, String usual) {
        String type = encoded.event().type();
        return type.equals(usual) ? null : type;
    }

    /** One JSON array: an array of texts would have each quote escaped here, unescaped there and then parsed again. */
    private static String payloads(List<Encoded> events) {
        StringJoiner payloads = new StringJoiner(",", "[", "]");
        events.forEach(encoded -> payloads.add(encoded.payload()));
        return payloads.toString();
    }

    /** The elements of an array come without the white space around them, and text is stored as it was published. */
    private static @Nullable String spaced(String payload) {
        return payload.equals(payload.strip()) ? null : payload;
    }

    private static <T> @Nullable T[] column(
            List<Encoded> events, IntFunction<@Nullable T[]> array, Function<Encoded, ? extends @Nullable T> value) {
        @Nullable T[] column = array.apply(events.size());
        for (int i = 0; i < column.length; i++) {
            column[i] = value.apply(events.get(i));
        }
        return column;
    }

    /**
     * No values at all where all are null, as what is usual is: {@code unnest} fills up with null what is shorter than the
     * others.
     */
    private static <T> @Nullable T[] sparse(
            List<Encoded> events, IntFunction<@Nullable T[]> array, Function<Encoded, ? extends @Nullable T> value) {
        @Nullable T[] column = column(events, array, value);
        return Arrays.stream(column).allMatch(Objects::isNull) ? array.apply(0) : column;
    }

    private static Appended read(Readable row, List<Encoded> events) {
        UUID[] storedIds = row.get("stored_ids", UUID[].class);
        return new Appended(storedIds == null ? List.of() : repeated(events, storedIds), hints(row));
    }

    /** The events that were not stored; of two with one id in the same batch, the second. */
    private static List<Encoded> repeated(List<Encoded> events, UUID[] storedIds) {
        Set<UUID> stored = new HashSet<>(List.of(storedIds));
        List<Encoded> repeated = new ArrayList<>();
        for (Encoded encoded : events) {
            if (!stored.remove(encoded.event().id())) {
                repeated.add(encoded);
            }
        }
        return repeated;
    }

    private static List<Hint> hints(Readable row) {
        Integer[] consumers = Rows.required(row, "consumers", Integer[].class);
        Long[] lowestSeqs = Rows.required(row, "lowest_seqs", Long[].class);
        Long[] dueIns = Rows.required(row, "due_ins", Long[].class);
        List<Hint> hints = new ArrayList<>(consumers.length);
        for (int i = 0; i < consumers.length; i++) {
            hints.add(new Hint(consumers[i], lowestSeqs[i], dueIns[i]));
        }
        return hints;
    }
}
