package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import io.penstock.bus.Headers;
import io.penstock.bus.RawJson;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes events of records: CloudEvents in both modes, Debezium's outbox records, and plain JSON whose type is known from
 * the topic. What the bus itself checks (JSON, sizes, names) is left to it.
 */
final class RecordReader {

    private final IngressOptions options;
    private final TypeTable types;

    RecordReader(IngressOptions options) {
        this.options = options;
        this.types = new TypeTable(options.named(), options.taken(), options.byTopic(), options.ignored());
    }

    /** Never throws, whatever the record is. */
    Reading read(ConsumerRecord<byte[], byte[]> record) {
        try {
            byte[] value = record.value();
            return value == null ? tombstone() : read(record, value);
        } catch (UnreadableRecordException e) {
            return new Reading.Unreadable(String.valueOf(e.getMessage()));
        } catch (Throwable e) {
            return new Reading.Unreadable(
                    "reading it failed with " + e.getClass().getName());
        }
    }

    private Reading tombstone() {
        return options.ignoreTombstones()
                ? new Reading.Ignored("it is a tombstone")
                : new Reading.Unreadable("it is a tombstone: it has no value");
    }

    private Reading read(ConsumerRecord<byte[], byte[]> record, byte[] value) {
        RecordHeaders headers = RecordHeaders.read(record.headers(), this::isRead);
        String text = Utf8.read(value, "the value");
        return headers.isStructured()
                ? read(record, headers, CloudEventsJson.read(text, headers.attributes()))
                : read(record, headers, text);
    }

    private Reading read(ConsumerRecord<byte[], byte[]> record, RecordHeaders headers, String payload) {
        String named = headers.take(CloudEvents.TYPE);
        String name = named != null ? named : headers.takeOther(options.typeHeader());
        if (types.isIgnored(name)) {
            return new Reading.Ignored("its type is not wanted");
        }
        String type = types.typeOf(name, record.topic());
        if (type == null) {
            throw new UnreadableRecordException(
                    name == null
                            ? "it names no type, and its topic has none"
                            : "its type is not in the table of types");
        }
        if (type.startsWith(Parking.TYPE_PREFIX)) {
            throw new UnreadableRecordException("its type is kept for what the bridge itself has put aside");
        }
        return new Reading.OfEvent(event(record, headers, type, payload), headers.curtailed());
    }

    private Event<RawJson> event(
            ConsumerRecord<byte[], byte[]> record, RecordHeaders headers, String type, String payload) {
        Event.Builder<RawJson> event = Event.builder(type, new RawJson(payload));
        String source = headers.take(CloudEvents.SOURCE);
        event.id(id(record, headers, source));
        event.occurredAt(occurredAt(record, headers.take(CloudEvents.TIME)));
        if (source != null) {
            event.source(source);
        }
        describe(event, record, headers);
        rename(headers, CloudEvents.CORRELATION_ID, Headers.CORRELATION_ID);
        rename(headers, CloudEvents.CAUSATION_ID, Headers.CAUSATION_ID);
        rename(headers, CloudEvents.TRACE_PARENT, CloudEvents.TRACE_PARENT);
        rename(headers, CloudEvents.TRACE_STATE, CloudEvents.TRACE_STATE);
        headers.take(CloudEvents.SPEC_VERSION);
        headers.take(CloudEvents.DATA_CONTENT_TYPE);
        headers.takeOther(CloudEvents.CONTENT_TYPE);
        headers.others().keySet().removeIf(header -> !options.headers().test(header));
        return event.headers(headers.rest())
                .header(BridgeHeaders.TOPIC, record.topic())
                .header(BridgeHeaders.POSITION, record.partition() + "@" + record.offset())
                .build();
    }

    private void describe(Event.Builder<RawJson> event, ConsumerRecord<byte[], byte[]> record, RecordHeaders headers) {
        String key = key(record, headers);
        String subject = headers.take(CloudEvents.SUBJECT);
        String aggregate = headers.take(CloudEvents.AGGREGATE_TYPE);
        if (aggregate == null && record.topic().startsWith(Debezium.TOPIC_PREFIX)) {
            aggregate = record.topic().substring(Debezium.TOPIC_PREFIX.length());
            subject = subject == null ? key : subject;
        }
        if (aggregate != null && subject != null) {
            event.aggregate(aggregate, subject);
        } else {
            headers.keep(CloudEvents.SUBJECT, subject);
            headers.keep(CloudEvents.AGGREGATE_TYPE, aggregate);
        }
        if (key != null) {
            event.key(key);
        }
        event.version(version(headers.take(CloudEvents.VERSION)));
        event.expiresAt(time(headers.take(CloudEvents.EXPIRES)));
    }

    /** The bridge's own marks are made anew: nobody else's word counts for where a record came from. */
    private boolean isRead(String header) {
        return header.equals(CloudEvents.CONTENT_TYPE)
                || header.equals(options.typeHeader())
                || header.equals(options.idHeader())
                || (options.headers().test(header) && !BridgeHeaders.isOfBridge(header));
    }

    /** A header {@code id} beside the attribute stays a header. */
    private UUID id(ConsumerRecord<byte[], byte[]> record, RecordHeaders headers, @Nullable String source) {
        String id = headers.take(CloudEvents.ID);
        if (id != null) {
            return EventIdOf.named(source == null ? "" : source, id);
        }
        String ownId = headers.takeOther(options.idHeader());
        return ownId != null
                ? EventIdOf.named(record.topic(), ownId)
                : EventIdOf.position(record.topic(), record.partition(), record.offset());
    }

    /** The record's, which decided its partition; an attribute that says another one stays a header. */
    private static @Nullable String key(ConsumerRecord<byte[], byte[]> record, RecordHeaders headers) {
        byte[] bytes = record.key();
        String attribute = headers.take(CloudEvents.KEY);
        if (bytes == null || bytes.length == 0) {
            return attribute;
        }
        String key = Utf8.read(bytes, "the key");
        headers.keep(CloudEvents.KEY, key.equals(attribute) ? null : attribute);
        return key;
    }

    private static Instant occurredAt(ConsumerRecord<byte[], byte[]> record, @Nullable String attribute) {
        Instant time = time(attribute);
        return time != null ? time : Instant.ofEpochMilli(Math.max(0, record.timestamp()));
    }

    private static @Nullable Instant time(@Nullable String text) {
        try {
            return text == null ? null : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw new UnreadableRecordException("a time of it is not by RFC 3339");
        }
    }

    private static int version(@Nullable String text) {
        try {
            return text == null ? 1 : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new UnreadableRecordException("its event version is not a number");
        }
    }

    /** A header of that name which says something else stays, and so does the attribute, under its own name. */
    private static void rename(RecordHeaders headers, String attribute, String header) {
        String value = headers.take(attribute);
        String there = value == null ? null : headers.others().putIfAbsent(header, value);
        headers.keep(attribute, there == null || there.equals(value) ? null : value);
    }
}
