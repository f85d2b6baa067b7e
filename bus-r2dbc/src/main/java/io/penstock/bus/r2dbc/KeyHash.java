package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;

/**
 * The 64 bits that stand for an ordering key in the database, and so must never change: FNV-1a over the UTF-16 units
 * (Fowler, Noll, Vo), finished with the mixer of MurmurHash3. Keys that collide merely wait for each other.
 */
final class KeyHash {

    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private KeyHash() {}

    /** The hash of the event's key; an event without one is spread by its id and shares its order with no other. */
    static long of(Event<?> event) {
        String key = event.key();
        return key != null
                ? of(key)
                : mix(event.id().getMostSignificantBits()
                        ^ Long.rotateLeft(event.id().getLeastSignificantBits(), 32));
    }

    static long of(String key) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < key.length(); i++) {
            char unit = key.charAt(i);
            hash = (hash ^ (unit & 0xFF)) * FNV_PRIME;
            hash = (hash ^ (unit >>> 8)) * FNV_PRIME;
        }
        return mix(hash);
    }

    private static long mix(long value) {
        long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ (mixed >>> 33);
    }
}
