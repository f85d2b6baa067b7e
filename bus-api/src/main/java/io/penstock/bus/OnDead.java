package io.penstock.bus;

/** What an ordered consumer does with the later events of a key when one of them is dead-lettered. */
public enum OnDead {
    /** They wait until the dead letter is redriven or discarded; the default. */
    PARK_KEY,
    /** They go on without it. */
    SKIP
}
