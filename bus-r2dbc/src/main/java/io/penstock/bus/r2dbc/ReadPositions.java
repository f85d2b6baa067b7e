package io.penstock.bus.r2dbc;

import java.util.ArrayDeque;

/**
 * From where an ordered consumer has to read so as to pass no event that has yet to be committed. Not thread-safe:
 * {@link Window} guards it.
 *
 * <p>Design note: positions are given out before commits. An event whose transaction is open while later ones are read
 * would appear behind the cursor, and the next event of its key above it: read from there, that one would come first,
 * though its transaction began after the other had ended. So each reading takes a transaction number of its own, after
 * its snapshot, and the cursor goes up to where it got only when a later snapshot says that all transactions before that
 * number have ended ({@code xmin}). A publishing transaction has its number before it takes positions, so whoever holds
 * one below what was read has a lower number. The snapshot's own {@code xmax} would not do: it is the number after the
 * last one that ended, and open ones may lie above it. Rows in memory are left out of what is read and done ones are
 * gone, so reading again from a cursor that lags costs little unless a transaction writes for long.
 */
final class ReadPositions {

    private static final int MOST_READINGS = 256;

    private final ArrayDeque<Reading> readings = new ArrayDeque<>();
    private long frontier;
    private long resolved;

    /** Remembers a reading from the cursor on, up to {@code last} if the page was full; returns the new cursor. */
    long advance(long cursor, RangeReading.Page page, boolean full, long last) {
        frontier = full ? last : Math.max(frontier, last);
        remember(new Reading(page.ownXid(), frontier));
        while (!readings.isEmpty() && readings.getFirst().xid() <= page.xmin()) {
            resolved = Math.max(resolved, readings.removeFirst().upTo());
        }
        return Math.max(cursor, full ? Math.min(resolved, last) : resolved);
    }

    /** Everything from this position on has to be read anew. */
    void stepBack(long to) {
        resolved = Math.min(resolved, to);
        frontier = Math.min(frontier, to);
        readings.removeIf(reading -> reading.upTo() > to);
    }

    /** With too many open ones, the newest two become one that ends later and reaches no farther. */
    private void remember(Reading reading) {
        Reading newest = readings.peekLast();
        if (newest != null && (newest.xid() == reading.xid() || readings.size() >= MOST_READINGS)) {
            readings.removeLast();
        }
        readings.addLast(reading);
    }

    /** What a reading reached, and its number: below it are all that may still fill in. */
    private record Reading(long xid, long upTo) {}
}
