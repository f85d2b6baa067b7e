package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Stores one event, as most transactions do.
 *
 * <p>Design note: arrays of one value each would do as well, but to encode, unnest and aggregate them took as long again
 * as the insert itself.
 */
final class OutboxRow {

    // The transaction has its number before the event has its position, as in OutboxBatch: the condition is evaluated
    // first. No row comes back when the id is stored already, one without a consumer when nobody is registered for it.
    // The driver reads the text anew for each event, character by character, so it says nothing twice.
    private static final String APPEND = """
            WITH stored AS (
                INSERT INTO ${schema}.outbox_event
                    (id, key_hash, occurred_at, deliver_at, expires_at,
                     version, type, source, aggregate_type, aggregate_id, key, payload, headers)
                SELECT $1::uuid, $2::int8, $3::timestamptz, $4::timestamptz, $5::timestamptz, $6::int4,
                       $7, $8, $9, $10, $11, $12::json, $13::jsonb
                 WHERE pg_current_xact_id() IS NOT NULL
                    ON CONFLICT (id) DO NOTHING
                RETURNING seq, key_hash, type, CASE WHEN deliver_at > statement_timestamp() THEN deliver_at END AS due_at
            ), owed AS (
                INSERT INTO ${schema}.inbox (consumer_id, seq, key_hash, partition, state, due_at)
                SELECT id, seq, key_hash, (key_hash & 9223372036854775807) % partitions, (due_at IS NOT NULL)::int, due_at
                  FROM stored JOIN ${schema}.consumer ON type LIKE ANY (likes)
                RETURNING consumer_id, seq, due_at
            )
            SELECT consumer_id::int4, CASE WHEN owed.due_at IS NULL THEN owed.seq END AS ready_seq,
                   (extract(epoch FROM owed.due_at - clock_timestamp()) * 1000)::int8 AS due_in
              FROM stored LEFT JOIN owed ON true
            """;

    private final String append;
    private final String source;

    OutboxRow(SchemaName schema, String source) {
        this.append = schema.in(APPEND);
        this.source = source;
    }

    /** Writes the event, in whatever transaction the connection is in. */
    Mono<Appended> append(Connection connection, Encoded event) {
        return Database.rows(connection, append, statement -> bind(statement, event), OutboxRow::read)
                .collectList()
                .map(rows -> rows.isEmpty() ? new Appended(List.of(event), List.of()) : stored(rows));
    }

    private void bind(Statement statement, Encoded encoded) {
        Event<?> event = encoded.event();
        statement
                .bind(0, event.id())
                .bind(1, encoded.keyHash())
                .bind(2, inMicros(event.occurredAt()))
                .bind(5, event.version())
                .bind(6, event.type())
                .bind(7, event.source() == null ? source : event.source())
                .bind(11, encoded.payload());
        Database.bind(statement, 3, optional(event.deliverAt()), Instant.class);
        Database.bind(statement, 4, optional(event.expiresAt()), Instant.class);
        Database.bind(statement, 8, event.aggregateType(), String.class);
        Database.bind(statement, 9, event.aggregateId(), String.class);
        Database.bind(statement, 10, event.key(), String.class);
        Database.bind(statement, 12, encoded.headers(), String.class);
    }

    /** Cut off as in a batch: the server would round. */
    private static Instant inMicros(Instant at) {
        return at.truncatedTo(ChronoUnit.MICROS);
    }

    private static @Nullable Instant optional(@Nullable Instant at) {
        return at == null ? null : inMicros(at);
    }

    private static Owed read(Readable row) {
        return new Owed(row.get(0, Integer.class), row.get(1, Long.class), row.get(2, Long.class));
    }

    private static Appended stored(List<Owed> rows) {
        return new Appended(
                List.of(),
                rows.stream()
                        .filter(row -> row.consumerId() != null)
                        .map(Owed::hint)
                        .toList());
    }

    private record Owed(
            @Nullable Integer consumerId,
            @Nullable Long readySeq,
            @Nullable Long dueIn) {

        Hint hint() {
            return new Hint(
                    Objects.requireNonNull(consumerId),
                    Objects.requireNonNullElse(readySeq, Hint.NOTHING_READY),
                    Objects.requireNonNullElse(dueIn, Hint.NOTHING_DUE));
        }
    }
}
