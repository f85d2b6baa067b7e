package io.penstock.bus.r2dbc;

import io.penstock.bus.ConsumerOptions;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.OnDead;

/**
 * A consumer with the number the database knows it by.
 *
 * @param paused whether it was paused on all nodes when it was registered here
 */
record Registered(int id, ConsumerSpec<?> spec, boolean paused) {

    String name() {
        return spec.name();
    }

    ConsumerOptions options() {
        return spec.options();
    }

    boolean isOrdered() {
        return spec.options().ordered();
    }

    /** Whether a dead letter keeps the later events of its key waiting. */
    boolean deadHoldsKey() {
        return isOrdered() && spec.options().onDead() == OnDead.PARK_KEY;
    }

    /** The slice of the inbox that the key lies in, as the publishing statement computes it; a claim does not read it back. */
    int partitionOf(long keyHash) {
        return (int) ((keyHash & Long.MAX_VALUE) % spec.options().partitions());
    }

    /** How many events a run of the handler takes at most. */
    int unitSize() {
        return spec.isBatch() ? spec.options().batchSize() : 1;
    }

    /** How many deliveries may be in memory at once. */
    int windowSize() {
        return spec.options().concurrency() * unitSize() + spec.options().prefetch();
    }
}
