package io.penstock.bus;

import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Makes UUIDs of version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random bits, so that ids of
 * neighbouring events are neighbours in the index.
 *
 * <p>Ids have to be unique, not secret, and they are made on threads that must not block, as reading the system's
 * secure random source would: so two generators for each thread, their seeds from everything that differs between
 * processes.
 */
final class EventIds {

    private static final ThreadLocal<EventIds> OF_THREAD = ThreadLocal.withInitial(EventIds::new);

    // Without arguments a generator's seed mixes wall clock, monotonic clock and a counter of the process.
    private final SplittableRandom high = new SplittableRandom();
    private final SplittableRandom low = new SplittableRandom(
            high.nextLong() ^ mixed(ProcessHandle.current().pid()) ^ mixed(System.identityHashCode(this)));

    private EventIds() {}

    static UUID next() {
        return OF_THREAD.get().next(System.currentTimeMillis());
    }

    private UUID next(long millis) {
        long highBits = (millis << 16) | 0x7000 | (high.nextLong() & 0x0FFF);
        long lowBits = (low.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(highBits, lowBits);
    }

    private static long mixed(long value) {
        return new SplittableRandom(value).nextLong();
    }
}
