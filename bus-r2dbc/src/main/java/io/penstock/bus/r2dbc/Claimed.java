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
 * @param orphaned whether a handler was begun on it in suspicion of its last owner's death, and nobody recorded an end
 * @param counted whether the attempt was recorded before the handler runs: it is one of {@code attempts} then
 */
record Claimed(
        long seq,
        long keyHash,
        int partition,
        int attempts,
        @Nullable Long expiresAtNanos,
        boolean blocked,
        boolean followed,
        boolean orphaned,
        boolean counted,
        Event<RawJson> event) {

    boolean isExpired() {
        return expiresAtNanos != null && System.nanoTime() - expiresAtNanos >= 0;
    }

    /** The number of the attempt that a run of the handler now would be, from 1. */
    int attempt() {
        return counted ? attempts : attempts + 1;
    }

    /** The failed attempts without the one that was recorded before the handler runs. */
    int attemptsBefore() {
        return attempt() - 1;
    }

    Claimed count() {
        return new Claimed(
                seq, keyHash, partition, attempts + 1, expiresAtNanos, blocked, followed, orphaned, true, event);
    }
}
