package io.penstock.bus;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A fact that happened, with its payload. Immutable and safe to share between threads as far as the payload is.
 *
 * <p>Values are checked when the event is published, not here: a refused publish names the event.
 *
 * @param <T> the payload's class; {@link RawJson} for the undecoded text
 */
public final class Event<T> {

    private final UUID id;
    private final String type;
    private final int version;
    private final @Nullable String source;
    private final @Nullable String aggregateType;
    private final @Nullable String aggregateId;
    private final @Nullable String key;
    private final T payload;
    private final Map<String, String> headers;
    private final Instant occurredAt;
    private final @Nullable Instant deliverAt;
    private final @Nullable Instant expiresAt;

    private Event(Builder<T> builder) {
        this.id = builder.id != null ? builder.id : EventIds.next();
        this.type = builder.type;
        this.version = builder.version;
        this.source = builder.source;
        this.aggregateType = builder.aggregateType;
        this.aggregateId = builder.aggregateId;
        this.key = builder.key != null ? builder.key : builder.aggregateKey();
        this.payload = builder.payload;
        this.headers = builder.ownHeaders
                ? Collections.unmodifiableMap(new LinkedHashMap<>(builder.headers))
                : builder.headers;
        this.occurredAt = micros(builder.occurredAt != null ? builder.occurredAt : Instant.now());
        this.deliverAt = builder.deliverAt == null ? null : micros(builder.deliverAt);
        this.expiresAt = builder.expiresAt == null ? null : micros(builder.expiresAt);
    }

    /** What the database can hold, so that an event is the same to its publisher and its consumers. */
    private static Instant micros(Instant time) {
        return time.getNano() % 1_000 == 0 ? time : time.truncatedTo(ChronoUnit.MICROS);
    }

    /** An event of the type that the payload's class names with {@link EventType}. */
    public static <T> Event<T> of(T payload) {
        return builder(payload).build();
    }

    /** An event of the given type, version 1. */
    public static <T> Event<T> of(String type, T payload) {
        return builder(type, payload).build();
    }

    /** A builder for an event of the type and version that the payload's class names with {@link EventType}. */
    public static <T> Builder<T> builder(T payload) {
        EventTypeName named = EventTypeName.of(
                Objects.requireNonNull(payload, "payload").getClass(),
                "Event.of(type, payload)",
                InvalidEventException::new);
        return new Builder<>(named.value(), payload).version(named.version());
    }

    /** A builder for an event of the given type. */
    public static <T> Builder<T> builder(String type, T payload) {
        return new Builder<>(type, payload);
    }

    /** A builder with this event's values and another payload; the id stays the same. */
    public <R> Builder<R> withPayload(R newPayload) {
        Builder<R> copy = new Builder<>(type, newPayload);
        copy.id = id;
        copy.version = version;
        copy.source = source;
        copy.aggregateType = aggregateType;
        copy.aggregateId = aggregateId;
        // A derived key is derived again, so that a copy about another aggregate gets the key of that one.
        copy.key = Objects.equals(key, copy.aggregateKey()) ? null : key;
        copy.headers = headers;
        copy.occurredAt = occurredAt;
        copy.deliverAt = deliverAt;
        copy.expiresAt = expiresAt;
        return copy;
    }

    /** Unique for each event; of version 7 unless the publisher gave its own. */
    public UUID id() {
        return id;
    }

    /** What happened, {@code order.placed}. */
    public String type() {
        return type;
    }

    /** The version of the payload's shape, from 1. */
    public int version() {
        return version;
    }

    /** Who says so: the publishing application; {@code null} until the bus fills in its own name. */
    public @Nullable String source() {
        return source;
    }

    public @Nullable String aggregateType() {
        return aggregateType;
    }

    public @Nullable String aggregateId() {
        return aggregateId;
    }

    /** Events of one key keep their order for ordered consumers; by default {@code aggregateType/aggregateId}. */
    public @Nullable String key() {
        return key;
    }

    public T payload() {
        return payload;
    }

    public Map<String, String> headers() {
        return headers;
    }

    /** The value of one header, or {@code null}. */
    public @Nullable String header(String name) {
        return headers.get(name);
    }

    /** The id shared by all events of one first cause, or {@code null}. */
    public @Nullable String correlationId() {
        return headers.get(Headers.CORRELATION_ID);
    }

    /** The id of the event whose handling published this one, or {@code null}. */
    public @Nullable String causationId() {
        return headers.get(Headers.CAUSATION_ID);
    }

    /** When it happened, by the publisher's clock. */
    public Instant occurredAt() {
        return occurredAt;
    }

    /** Not delivered before this instant of the database's clock; {@code null}: at once. */
    public @Nullable Instant deliverAt() {
        return deliverAt;
    }

    /** Dead-lettered as expired, not delivered, from this instant of the database's clock on; {@code null}: never. */
    public @Nullable Instant expiresAt() {
        return expiresAt;
    }

    /** Names the event without its payload, which may be confidential. */
    @Override
    public String toString() {
        return Text.shown(type) + " v" + version + " " + id;
    }

    /** Gathers an event's values. Not safe for use by several threads. */
    public static final class Builder<T> {

        private final String type;
        private final T payload;
        // Shared with the event that was copied until the first change: every delivery copies its event.
        private Map<String, String> headers = Map.of();
        private boolean ownHeaders;
        private @Nullable UUID id;
        private int version = 1;
        private @Nullable String source;
        private @Nullable String aggregateType;
        private @Nullable String aggregateId;
        private @Nullable String key;
        private @Nullable Instant occurredAt;
        private @Nullable Instant deliverAt;
        private @Nullable Instant expiresAt;

        private Builder(String type, T payload) {
            this.type = Objects.requireNonNull(type, "type");
            this.payload = Objects.requireNonNull(payload, "payload");
        }

        /** The caller's own id; publishing it twice stores one event. */
        public Builder<T> id(UUID id) {
            this.id = id;
            return this;
        }

        public Builder<T> version(int version) {
            this.version = version;
            return this;
        }

        public Builder<T> source(String source) {
            this.source = source;
            return this;
        }

        /** The thing the event is about; it gives the ordering key unless {@link #key} does. */
        public Builder<T> aggregate(String type, String id) {
            this.aggregateType = type;
            this.aggregateId = id;
            return this;
        }

        /** The ordering key. */
        public Builder<T> key(String key) {
            this.key = key;
            return this;
        }

        public Builder<T> header(String name, String value) {
            if (!ownHeaders) {
                headers = new LinkedHashMap<>(headers);
                ownHeaders = true;
            }
            headers.put(Objects.requireNonNull(name, "header name"), Objects.requireNonNull(value, name));
            return this;
        }

        public Builder<T> headers(Map<String, String> more) {
            more.forEach(this::header);
            return this;
        }

        public Builder<T> correlationId(String id) {
            return header(Headers.CORRELATION_ID, id);
        }

        public Builder<T> causationId(String id) {
            return header(Headers.CAUSATION_ID, id);
        }

        /** Makes the event a consequence of another: its causation id, and the same correlation id. */
        public Builder<T> causedBy(Event<?> cause) {
            String correlation = cause.correlationId();
            causationId(cause.id().toString());
            return correlationId(correlation != null ? correlation : cause.id().toString());
        }

        public Builder<T> occurredAt(Instant at) {
            this.occurredAt = at;
            return this;
        }

        /** Holds the event back until this instant of the database's clock. */
        public Builder<T> deliverAt(@Nullable Instant at) {
            this.deliverAt = at;
            return this;
        }

        /** Gives the event up at this instant of the database's clock. */
        public Builder<T> expiresAt(@Nullable Instant at) {
            this.expiresAt = at;
            return this;
        }

        public Event<T> build() {
            return new Event<>(this);
        }

        private @Nullable String aggregateKey() {
            return aggregateType == null || aggregateId == null ? null : aggregateType + "/" + aggregateId;
        }
    }
}
