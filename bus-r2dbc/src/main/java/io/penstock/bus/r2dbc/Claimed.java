package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import org.jspecify.annotations.Nullable;

/**
 * A row of the inbox as it was read, with its event.
 *
 * @param attempts failed attempts so far
 * @param expiresAtNanos when the event expires, by this node's monotonic clock; {@code null}: never
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

    boolean isExpired() {
        return expiresAtNanos != null && System.nanoTime() - expiresAtNanos >= 0;
    }

    /** The number of the attempt that a run of the handler now would be, from 1. */
    int attempt() {
        return attempts + 1;
    }
}
