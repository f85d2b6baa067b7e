package io.penstock.bus;

import java.time.Instant;

/** The instants that PostgreSQL stores and everybody writes with four digits of the year: the years 1 to 9999. */
final class Timestamps {

    static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
    static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999Z");

    private Timestamps() {}

    static boolean isStorable(Instant at) {
        return !at.isBefore(EARLIEST) && !at.isAfter(LATEST);
    }

    /** The nearest instant that can be stored. */
    static Instant storable(Instant at) {
        if (at.isBefore(EARLIEST)) {
            return EARLIEST;
        }
        return at.isAfter(LATEST) ? LATEST : at;
    }
}
