package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import io.penstock.bus.Headers;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The attributes of CloudEvents 1.0 that stand for what an event has; shared by both content modes. */
final class CloudEvents {

    static final String HEADER_PREFIX = "ce_";
    static final String CONTENT_TYPE = "content-type";
    static final String JSON = "application/json";
    static final String STRUCTURED = "application/cloudevents+json";

    static final String SPEC_VERSION = "specversion";
    static final String ID = "id";
    static final String TYPE = "type";
    static final String SOURCE = "source";
    static final String TIME = "time";
    static final String SUBJECT = "subject";
    static final String DATA_CONTENT_TYPE = "datacontenttype";

    // Extensions: names are lower-case letters and digits by the specification.
    static final String AGGREGATE_TYPE = "aggregatetype";
    static final String VERSION = "eventversion";
    static final String KEY = "partitionkey";
    static final String EXPIRES = "expirytime";
    static final String TRACE_PARENT = "traceparent";
    static final String TRACE_STATE = "tracestate";
    static final String CORRELATION_ID = "correlationid";
    static final String CAUSATION_ID = "causationid";

    /** A required attribute, for events stored by a bus that names no source. */
    private static final String NO_SOURCE = "penstock";

    private CloudEvents() {}

    static Map<String, String> attributes(Event<?> event) {
        Map<String, String> attributes = new LinkedHashMap<>();
        String source = event.source();
        attributes.put(SPEC_VERSION, "1.0");
        attributes.put(ID, event.id().toString());
        attributes.put(TYPE, event.type());
        attributes.put(SOURCE, source == null ? NO_SOURCE : source);
        attributes.put(TIME, event.occurredAt().toString());
        put(attributes, SUBJECT, event.aggregateId());
        put(attributes, AGGREGATE_TYPE, event.aggregateType());
        put(attributes, KEY, event.key());
        attributes.put(VERSION, Integer.toString(event.version()));
        Instant expires = event.expiresAt();
        put(attributes, EXPIRES, expires == null ? null : expires.toString());
        put(attributes, TRACE_PARENT, event.header(TRACE_PARENT));
        put(attributes, TRACE_STATE, event.header(TRACE_STATE));
        put(attributes, CORRELATION_ID, event.header(Headers.CORRELATION_ID));
        put(attributes, CAUSATION_ID, event.header(Headers.CAUSATION_ID));
        return attributes;
    }

    private static void put(Map<String, String> attributes, String name, @Nullable String value) {
        if (value != null) {
            attributes.put(name, value);
        }
    }
}
