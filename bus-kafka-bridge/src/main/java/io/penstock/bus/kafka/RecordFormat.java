package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.util.Map;

/**
 * How an event is written as a record. In each of them the event's headers are headers of the record, and where the
 * format has a header of that name its own wins.
 */
public enum RecordFormat {

    /** CloudEvents 1.0, binary content mode: attributes in {@code ce_} headers, the payload as the value. */
    CLOUD_EVENTS {
        @Override
        String write(Event<RawJson> event, Map<String, String> headers) {
            CloudEvents.attributes(event)
                    .forEach((name, value) -> headers.put(CloudEvents.HEADER_PREFIX + name, value));
            headers.put(CloudEvents.CONTENT_TYPE, CloudEvents.JSON);
            return event.payload().text();
        }
    },

    /** CloudEvents 1.0, structured content mode: attributes and payload in one JSON object as the value. */
    CLOUD_EVENTS_STRUCTURED {
        @Override
        String write(Event<RawJson> event, Map<String, String> headers) {
            headers.put(CloudEvents.CONTENT_TYPE, CloudEvents.STRUCTURED + "; charset=utf-8");
            return CloudEventsJson.write(CloudEvents.attributes(event), event.payload());
        }
    },

    /** What Debezium's outbox event router writes: headers {@code id} and {@code eventType}, the payload as the value. */
    DEBEZIUM_OUTBOX {
        @Override
        String write(Event<RawJson> event, Map<String, String> headers) {
            headers.put(Debezium.ID, event.id().toString());
            headers.put(Debezium.TYPE, event.type());
            return event.payload().text();
        }
    };

    /** The record's value; adds the format's headers. */
    abstract String write(Event<RawJson> event, Map<String, String> headers);
}
