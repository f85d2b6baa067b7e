package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;

/**
 * A row of the inbox as it was read, with its event.
 *
 * @param attempts failed attempts so far
 * @param expired whether the event was past its expiry, by the database's clock
 * @param blocked whether an earlier row of its key had to be waited for
 * @param followed whether rows of its key are parked
 */
record Claimed(
        long seq,
        long keyHash,
        int partition,
        int attempts,
        boolean expired,
        boolean blocked,
        boolean followed,
        Event<RawJson> event) {

    /** The number of the attempt that a run of the handler now would be, from 1. */
    int attempt() {
        return attempts + 1;
    }
}
