package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
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
    private static final String APPEND = """
            WITH stored AS (
                INSERT INTO ${schema}.outbox_event
                    (id, key_hash, occurred_at, deliver_at, expires_at,
                     version, type, source, aggregate_type, aggregate_id, key, payload, headers)
                SELECT $1::uuid, $2::int8,
                       'epoch'::timestamptz + $3::int8 / 1000000 * interval '1 s' + $3::int8 % 1000000 * interval '1 us',
                       'epoch'::timestamptz + $4::int8 / 1000000 * interval '1 s' + $4::int8 % 1000000 * interval '1 us',
                       'epoch'::timestamptz + $5::int8 / 1000000 * interval '1 s' + $5::int8 % 1000000 * interval '1 us',
                       $6::int4, $7::text, $8::text, $9::text, $10::text, $11::text, $12::json, $13::jsonb
                 WHERE pg_current_xact_id() IS NOT NULL
                    ON CONFLICT (id) DO NOTHING
                RETURNING seq, key_hash, type, deliver_at
            ), owed AS (
                INSERT INTO ${schema}.inbox (consumer_id, seq, key_hash, partition, state, due_at)
                SELECT consumer.id, stored.seq, stored.key_hash,
                       (stored.key_hash & 9223372036854775807) % consumer.partitions,
                       CASE WHEN stored.deliver_at > statement_timestamp() THEN 1 ELSE 0 END,
                       CASE WHEN stored.deliver_at > statement_timestamp() THEN stored.deliver_at END
                  FROM stored
                  JOIN ${schema}.consumer ON stored.type LIKE ANY (consumer.likes)
                RETURNING consumer_id, seq, due_at
            )
            SELECT owed.consumer_id::int4 AS consumer_id,
                   CASE WHEN owed.due_at IS NULL THEN owed.seq END AS ready_seq,
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
                .bind(2, Objects.requireNonNull(Micros.of(event.occurredAt())))
                .bind(5, event.version())
                .bind(6, event.type())
                .bind(7, event.source() == null ? source : event.source())
                .bind(11, encoded.payload());
        Database.bind(statement, 3, Micros.of(event.deliverAt()), Long.class);
        Database.bind(statement, 4, Micros.of(event.expiresAt()), Long.class);
        Database.bind(statement, 8, event.aggregateType(), String.class);
        Database.bind(statement, 9, event.aggregateId(), String.class);
        Database.bind(statement, 10, event.key(), String.class);
        Database.bind(statement, 12, encoded.headers(), String.class);
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
