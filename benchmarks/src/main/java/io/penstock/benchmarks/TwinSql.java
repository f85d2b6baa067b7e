package io.penstock.benchmarks;

import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The statements a careful programmer would write for the jobs of the bus, on its tables. Left out is what makes it a
 * library: partitions and leases, rows left out of a claim, repeated ids, hints, delays, expiry, headers, limits.
 */
final class TwinSql {

    /** Many events and what is owed for them, in one round trip. */
    static final String APPEND = """
            WITH stored AS (
                INSERT INTO penstock.outbox_event (id, key_hash, occurred_at, version, type, source, key, payload)
                SELECT id, key_hash, clock_timestamp(), 1, 'order.placed', 'penstock', key, payload::json
                  FROM unnest($1::uuid[], $2::int8[], $3::text[], $4::text[]) WITH ORDINALITY
                       AS event (id, key_hash, key, payload, position)
                 ORDER BY position
                RETURNING seq, key_hash, type
            )
            INSERT INTO penstock.inbox (consumer_id, seq, key_hash, partition)
            SELECT consumer.id, seq, key_hash, (key_hash & 9223372036854775807) % consumer.partitions
              FROM stored JOIN penstock.consumer ON stored.type LIKE ANY (consumer.likes)
            """;

    /** The same with all there is to an event, as the bus stores it: null for what is usual, payloads as one array. */
    static final String APPEND_ALL = """
            WITH stored AS (
                INSERT INTO penstock.outbox_event (id, key_hash, occurred_at, deliver_at, expires_at, version, type,
                                                   source, aggregate_type, aggregate_id, key, payload, headers)
                SELECT id, key_hash,
                       'epoch'::timestamptz + occurred_at / 1000000 * interval '1 s' + occurred_at % 1000000 * interval '1 us',
                       deliver_at, expires_at, coalesce(version, 1), coalesce(type, 'order.placed'),
                       coalesce(source, 'penstock'), aggregate_type, aggregate_id, key, payload, headers::jsonb
                  FROM ROWS FROM (
                           unnest($1::uuid[], $2::int8[], $3::text[], $4::int8[], $5::timestamptz[], $6::timestamptz[],
                                  $7::int4[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[]),
                           json_array_elements($13::json)) WITH ORDINALITY
                       AS event (id, key_hash, key, occurred_at, deliver_at, expires_at, version, type, source,
                                 aggregate_type, aggregate_id, headers, payload, position)
                 ORDER BY position
                RETURNING seq, key_hash, type
            )
            INSERT INTO penstock.inbox (consumer_id, seq, key_hash, partition)
            SELECT consumer.id, seq, key_hash, (key_hash & 9223372036854775807) % consumer.partitions
              FROM stored JOIN penstock.consumer ON stored.type LIKE ANY (consumer.likes)
            """;

    /** The same for one event. */
    static final String APPEND_ONE = """
            WITH stored AS (
                INSERT INTO penstock.outbox_event (id, key_hash, occurred_at, version, type, source, key, payload)
                VALUES ($1::uuid, $2::int8, clock_timestamp(), 1, 'order.placed', 'penstock', $3::text, $4::json)
                RETURNING seq, key_hash, type
            )
            INSERT INTO penstock.inbox (consumer_id, seq, key_hash, partition)
            SELECT consumer.id, seq, key_hash, (key_hash & 9223372036854775807) % consumer.partitions
              FROM stored JOIN penstock.consumer ON stored.type LIKE ANY (consumer.likes)
            """;

    // As the bus reads what is dense (ADR 13): inbox and outbox side by side, up to a position. Here all positions are
    // the consumer's, so that the next events are no farther than as many positions.
    private static final String NEXT = """
              FROM (SELECT seq, key_hash, attempts FROM penstock.inbox
                     WHERE consumer_id = $1 AND state = 0 AND seq > $2 AND seq <= $3 ORDER BY seq) AS inbox
              FULL JOIN (SELECT * FROM penstock.outbox_event WHERE seq > $2 AND seq <= $3) AS event
                   ON event.seq = inbox.seq
             WHERE coalesce(inbox.seq, 0) > 0 AND coalesce(event.seq, 0) > 0
            """;

    /** What a handler needs of the next ready events. */
    static final String READ = """
            SELECT inbox.seq, event.id, event.type, event.key, event.payload::text AS payload
            """ + NEXT;

    /**
     * The same with all there is to an event, and what decides how it is handled: the columns that the bus reads, null
     * for what is usual as there.
     */
    static final String READ_ALL = """
            SELECT inbox.seq, event.id, nullif(event.type, 'order.placed') AS type, event.key,
                   event.payload::text AS payload, inbox.key_hash, nullif(inbox.attempts, 0) AS attempts,
                   nullif(event.version, 1) AS version, nullif(event.source, 'penstock') AS source,
                   event.aggregate_type, event.aggregate_id, event.headers::text AS headers,
                   encode(timestamptz_send(event.occurred_at), 'hex') AS occurred_at,
                   encode(timestamptz_send(event.deliver_at), 'hex') AS deliver_at,
                   encode(timestamptz_send(event.expires_at), 'hex') AS expires_at
            """ + NEXT;

    static final String REMOVE =
            "DELETE FROM penstock.inbox WHERE consumer_id = $1 AND state = 0 AND seq = ANY ($2::int8[])";

    /** The same to be run by name, so that a message with more in it has no parameters. */
    static final String PREPARE_REMOVE =
            "DO $do$ BEGIN EXECUTE $remove$PREPARE remove (int4, int8[]) AS " + REMOVE + "$remove$; END $do$";

    private static final String TYPE = "order.placed";
    private static final String SOURCE = "penstock";
    private static final Instant SERVER_EPOCH = Instant.parse("2000-01-01T00:00:00Z");
    private static final TypeReference<Map<String, String>> HEADERS = new TypeReference<>() {};

    private TwinSql() {}

    static Mono<Long> append(Connection connection, List<Row> rows) {
        return R2dbc.changed(
                connection,
                APPEND,
                statement -> statement
                        .bind(0, rows.stream().map(Row::id).toArray(UUID[]::new))
                        .bind(1, rows.stream().map(Row::keyHash).toArray(Long[]::new))
                        .bind(2, rows.stream().map(Row::key).toArray(String[]::new))
                        .bind(3, rows.stream().map(Row::payload).toArray(String[]::new)));
    }

    /** The same with all there is to an event: of this workload's, much is null. */
    static Mono<Long> appendAll(Connection connection, List<Row> rows) {
        long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
        String[] none = {};
        return R2dbc.changed(
                connection,
                APPEND_ALL,
                statement -> statement
                        .bind(0, rows.stream().map(Row::id).toArray(UUID[]::new))
                        .bind(1, rows.stream().map(Row::keyHash).toArray(Long[]::new))
                        .bind(2, rows.stream().map(Row::key).toArray(String[]::new))
                        .bind(3, rows.stream().map(row -> now).toArray(Long[]::new))
                        .bind(4, new OffsetDateTime[0])
                        .bind(5, new OffsetDateTime[0])
                        .bind(6, new Integer[0])
                        .bind(7, none)
                        .bind(8, none)
                        .bind(9, none)
                        .bind(10, none)
                        .bind(11, none)
                        .bind(12, rows.stream().map(Row::payload).collect(Collectors.joining(",", "[", "]"))));
    }

    static Mono<Long> append(Connection connection, Row row) {
        return R2dbc.changed(
                connection,
                APPEND_ONE,
                statement -> statement
                        .bind(0, row.id())
                        .bind(1, row.keyHash())
                        .bind(2, row.key())
                        .bind(3, row.payload()));
    }

    /** Reads the next events above a position and hands each to the handler as it arrives. */
    static Mono<Batch> read(Connection connection, int consumer, long above, int limit, Consumer<Delivered> handler) {
        return read(connection, READ, consumer, above, limit, row -> handled(row, handler));
    }

    /** The same with all there is to an event. */
    static Mono<Batch> readAll(
            Connection connection, int consumer, long above, int limit, Consumer<Event<Payload>> handler) {
        return read(connection, READ_ALL, consumer, above, limit, row -> handledWhole(row, handler));
    }

    private static Mono<Batch> read(
            Connection connection, String sql, int consumer, long above, int limit, Function<Readable, Long> handled) {
        return R2dbc.rows(
                        connection,
                        sql,
                        statement -> statement.bind(0, consumer).bind(1, above).bind(2, above + limit),
                        handled)
                .collectList()
                .map(seqs -> new Batch(seqs, limit));
    }

    static Mono<Long> remove(Connection connection, int consumer, Batch batch) {
        return R2dbc.changed(
                connection,
                REMOVE,
                statement -> statement.bind(0, consumer).bind(1, batch.seqs().toArray(Long[]::new)));
    }

    /** The same at the beginning of a transaction, in one message. */
    static Mono<Long> beginAndRemove(Connection connection, int consumer, Batch batch) {
        String seqs = batch.seqs().stream().map(String::valueOf).collect(Collectors.joining(","));
        return R2dbc.changed(connection, "BEGIN; EXECUTE remove (" + consumer + ", '{" + seqs + "}')", statement -> {});
    }

    /**
     * Reads to the end, batch by batch, and removes what was handled on another connection meanwhile; emits each batch
     * that is removed.
     */
    static Flux<Batch> drain(Connection remover, int consumer, LongFunction<Mono<Batch>> readAbove) {
        return readAbove
                .apply(0)
                .expand(batch -> batch.isFull() ? readAbove.apply(batch.last()) : Mono.<Batch>empty())
                .filter(batch -> !batch.seqs().isEmpty())
                .concatMap(batch -> remove(remover, consumer, batch).thenReturn(batch), 2);
    }

    private static Long handled(Readable row, Consumer<Delivered> handler) {
        handler.accept(new Delivered(
                required(row.get(1, UUID.class)),
                required(row.get(2, String.class)),
                row.get(3, String.class),
                Payload.fromJson(required(row.get(4, String.class)))));
        return required(row.get(0, Long.class));
    }

    private static Long handledWhole(Readable row, Consumer<Event<Payload>> handler) {
        String type = Objects.requireNonNullElse(row.get(2, String.class), TYPE);
        Event.Builder<Payload> event = Event.builder(type, Payload.fromJson(required(row.get(4, String.class))))
                .id(required(row.get(1, UUID.class)))
                .version(Objects.requireNonNullElse(row.get(7, Integer.class), 1))
                .source(Objects.requireNonNullElse(row.get(8, String.class), SOURCE))
                .occurredAt(required(time(row.get(12, String.class))))
                .deliverAt(time(row.get(13, String.class)))
                .expiresAt(time(row.get(14, String.class)));
        String key = row.get(3, String.class);
        String aggregateType = row.get(9, String.class);
        String aggregateId = row.get(10, String.class);
        if (aggregateType != null && aggregateId != null) {
            event.aggregate(aggregateType, aggregateId);
        }
        String headers = row.get(11, String.class);
        if (headers != null) {
            event.headers(JsonMapper.shared().readValue(headers, HEADERS));
        }
        required(row.get(5, Long.class));
        row.get(6, Integer.class);
        handler.accept((key == null ? event : event.key(key)).build());
        return required(row.get(0, Long.class));
    }

    private static @Nullable Instant time(@Nullable String sent) {
        return sent == null ? null : SERVER_EPOCH.plus(Long.parseUnsignedLong(sent, 16), ChronoUnit.MICROS);
    }

    private static <T> T required(@Nullable T value) {
        return Objects.requireNonNull(value);
    }

    /** An event as it is written. */
    record Row(UUID id, long keyHash, String key, String payload) {

        static Row of(Payload payload) {
            long hash = payload.customer().hashCode() * 0x9E3779B97F4A7C15L;
            return new Row(timeOrderedId(), hash, payload.customer(), payload.toJson());
        }

        /** Version 7: new ids are neighbours in their index. */
        private static UUID timeOrderedId() {
            ThreadLocalRandom random = ThreadLocalRandom.current();
            long high = (System.currentTimeMillis() << 16) | 0x7000 | (random.nextInt() & 0xFFF);
            return new UUID(high, (random.nextLong() & 0x3FFFFFFFFFFFFFFFL) | 0x8000000000000000L);
        }
    }

    /** An event as a handler gets it. */
    record Delivered(UUID id, String type, @Nullable String key, Payload payload) {}

    /** The positions that were read at once. */
    record Batch(List<Long> seqs, int limit) {

        boolean isFull() {
            return seqs.size() == limit;
        }

        long last() {
            return seqs.get(seqs.size() - 1);
        }
    }
}
