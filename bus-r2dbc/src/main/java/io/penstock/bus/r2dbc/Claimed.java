package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import org.jspecify.annotations.Nullable;

/**
 * A row of the inbox as it was read, with its event.
 *
 * @param attempts failed attempts so far
 * @param expiresAtNanos when the event expires by the database's clock, on this process's monotonic one; may be null
 * @param blocked whether an earlier row of its key had to be waited for
 * @param followed whether rows of its key are parked
 */
record Claimed(
        long seq,
        long keyHash,
        int partition,
        int attempts,
        @Nullable Long expiresAtNanos,
        boolean blocked,
        boolean followed,
        Event<RawJson> event) {

    /** Whether the event has expired by now, here in memory or before. */
    boolean expired() {
        return expiresAtNanos != null && System.nanoTime() - expiresAtNanos >= 0;
    }

    /** The number of the attempt that a run of the handler now would be, from 1. */
    int attempt() {
        return attempts + 1;
    }
}
