package io.penstock.examples.shop;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An event as it is shown; the payload as it was published, on one line. */
record EventView(
        UUID id,
        String type,
        @Nullable String aggregateId,
        @Nullable String key,
        Instant occurredAt,
        @Nullable String causationId,
        @JsonRawValue String payload) {

    static EventView of(Event<RawJson> event) {
        return new EventView(
                event.id(),
                event.type(),
                event.aggregateId(),
                event.key(),
                event.occurredAt(),
                event.causationId(),
                onOneLine(event.payload()));
    }

    /** A line break would end a line of the stream of events; in JSON it is white space between tokens. */
    private static String onOneLine(RawJson payload) {
        return payload.text().replaceAll("[\r\n]", "");
    }
}
