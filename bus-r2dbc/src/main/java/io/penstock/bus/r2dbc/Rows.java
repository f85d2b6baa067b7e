package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/** Reads the columns that several rooms select alike. */
final class Rows {

    /** The columns {@link #event} reads, of the outbox table under the alias {@code event}. */
    static final String EVENT_COLUMNS = """
            event.id, event.type, event.version, event.source, event.aggregate_type, event.aggregate_id, event.key,
            event.payload::text AS payload, event.headers::text AS headers, event.occurred_at, event.deliver_at,
            event.expires_at""";

    private Rows() {}

    static <T> T required(Readable row, String column, Class<T> type) {
        return Objects.requireNonNull(row.get(column, type), column);
    }

    static Event<RawJson> event(Readable row) {
        Event.Builder<RawJson> builder = Event.builder(
                        required(row, "type", String.class), new RawJson(required(row, "payload", String.class)))
                .id(required(row, "id", UUID.class))
                .version(required(row, "version", Integer.class))
                .source(required(row, "source", String.class))
                .headers(HeadersJson.read(row.get("headers", String.class)))
                .occurredAt(required(row, "occurred_at", Instant.class))
                .deliverAt(row.get("deliver_at", Instant.class))
                .expiresAt(row.get("expires_at", Instant.class));
        String aggregateType = row.get("aggregate_type", String.class);
        String aggregateId = row.get("aggregate_id", String.class);
        if (aggregateType != null && aggregateId != null) {
            builder.aggregate(aggregateType, aggregateId);
        }
        String key = row.get("key", String.class);
        return (key == null ? builder : builder.key(key)).build();
    }
}
