package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import org.jspecify.annotations.Nullable;

/** An event that was checked and can be written. */
record Encoded(Event<?> event, String payload, @Nullable String headers, long keyHash) {

    /** About what it takes on its way to the database. */
    int size() {
        return payload.length() + (headers == null ? 0 : headers.length()) + 200;
    }
}
