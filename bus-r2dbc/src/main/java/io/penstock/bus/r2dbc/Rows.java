package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads the columns that several rooms select alike. By position: looking a column up by its name, for each of a dozen
 * columns of each row, was a tenth of the CPU of a drain.
 */
final class Rows {

    /** The columns {@link #event} reads, of the outbox table under the alias {@code event}. */
    static final String EVENT_COLUMNS = eventColumns("event.type", "event.source");

    private static final Instant SERVER_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    private Rows() {}

    /**
     * The same with the type and the source as given. Times are the bytes that the server would send, in microseconds
     * since 2000, as hexadecimal text: as numbers they cost it a tenth of a claim, as times or bytes the driver more.
     */
    static String eventColumns(String type, String source) {
        return """
                event.id, %s AS type, nullif(event.version, 1) AS version, %s AS source, event.aggregate_type,
                event.aggregate_id, event.key, event.payload::text AS payload, event.headers::text AS headers,
                encode(timestamptz_send(event.occurred_at), 'hex') AS occurred_at,
                encode(timestamptz_send(event.deliver_at), 'hex') AS deliver_at,
                encode(timestamptz_send(event.expires_at), 'hex') AS expires_at
                """.formatted(type, source);
    }

    static <T> T required(Readable row, String column, Class<T> type) {
        return Objects.requireNonNull(row.get(column, type), column);
    }

    static <T> T required(Readable row, int column, Class<T> type) {
        T value = row.get(column, type);
        if (value == null) {
            throw new IllegalStateException("Column " + column + " is null");
        }
        return value;
    }

    /** A number, 0 where the column is null. */
    static long number(Readable row, int column) {
        Long value = row.get(column, Long.class);
        return value == null ? 0 : value;
    }

    /** The event whose columns begin at the given position, from 0. */
    static Event<RawJson> event(Readable row, int first) {
        return event(row, first, required(row, first + 1, String.class), required(row, first + 3, String.class));
    }

    /** The same where its type and source are known. */
    static Event<RawJson> event(Readable row, int first, String type, String source) {
        Integer version = row.get(first + 2, Integer.class);
        Event.Builder<RawJson> builder = Event.builder(type, new RawJson(required(row, first + 7, String.class)))
                .id(required(row, first, UUID.class))
                .version(version == null ? 1 : version)
                .source(source)
                .headers(HeadersJson.read(row.get(first + 8, String.class)))
                .occurredAt(instant(required(row, first + 9, String.class)))
                .deliverAt(optionalInstant(row.get(first + 10, String.class)))
                .expiresAt(optionalInstant(row.get(first + 11, String.class)));
        String aggregateType = row.get(first + 4, String.class);
        String aggregateId = row.get(first + 5, String.class);
        if (aggregateType != null && aggregateId != null) {
            builder.aggregate(aggregateType, aggregateId);
        }
        String key = row.get(first + 6, String.class);
        return (key == null ? builder : builder.key(key)).build();
    }

    private static @Nullable Instant optionalInstant(@Nullable String sent) {
        return sent == null ? null : instant(sent);
    }

    private static Instant instant(String sent) {
        return SERVER_EPOCH.plus(Long.parseUnsignedLong(sent, 16), ChronoUnit.MICROS);
    }
}
