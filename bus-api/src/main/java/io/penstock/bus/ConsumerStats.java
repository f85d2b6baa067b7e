package io.penstock.bus;

import java.time.Duration;

/**
 * Where one consumer stands. Immutable.
 *
 * @param running whether a handler for it runs on this node
 * @param paused whether it is paused on all nodes
 * @param ready events that could be delivered now; counting stops at {@link #COUNTED_AT_MOST}
 * @param oldestAge the age of the oldest event not yet delivered and not dead; zero when there is none
 * @param inFlight deliveries held in this node's memory
 * @param scheduled events waiting for their time: retries and delayed ones
 * @param parked events waiting behind an earlier one of their key
 */
public record ConsumerStats(
        String consumer,
        boolean running,
        boolean paused,
        long ready,
        Duration oldestAge,
        int inFlight,
        long scheduled,
        long parked,
        long dead) {

    /** The largest count given: beyond it a count means "at least". */
    public static final long COUNTED_AT_MOST = 100_000;

    /** All that is not done and not dead. */
    public long backlog() {
        return ready + scheduled + parked;
    }
}
