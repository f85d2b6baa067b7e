package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import org.jspecify.annotations.Nullable;

/**
 * A row of the inbox as it was read, with its event.
 *
 * @param attempts recorded failures
 * @param expiresAtNanos when the event expires, by this node's monotonic clock; {@code null}: never
 * @param blocked whether an earlier row of its key had to be waited for
 * @param followed whether rows of its key are parked
 * @param begun how often a handler was begun on it and nothing recorded: once among others, then alone (see {@link
 *     Suspects})
 * @param gain what the node had gained of the consumer when it read the row (see {@link HeldPartitions})
 */
record Claimed(
        long seq,
        long keyHash,
        int partition,
        int attempts,
        @Nullable Long expiresAtNanos,
        boolean blocked,
        boolean followed,
        int begun,
        long gain,
        Event<RawJson> event) {

    boolean isExpired() {
        return expiresAtNanos != null && System.nanoTime() - expiresAtNanos >= 0;
    }

    /** All failures: those recorded, and the runs alone in which its node died. */
    int failures() {
        return attempts + Math.max(0, begun - 1);
    }

    /** The number of the attempt that a run of the handler now would be, from 1. */
    int attempt() {
        return failures() + 1;
    }

    /** Whether it may have killed its node. */
    boolean isSuspected() {
        return begun > 0;
    }

    /** The same, marked as begun. */
    Claimed mark() {
        return new Claimed(
                seq, keyHash, partition, attempts, expiresAtNanos, blocked, followed, Math.max(1, begun), gain, event);
    }
}
