package io.penstock.examples.shop;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An event as it is shown; the payload as it was published. */
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
                event.payload().text());
    }
}
