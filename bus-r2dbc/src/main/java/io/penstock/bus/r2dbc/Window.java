package io.penstock.bus.r2dbc;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What one consumer holds in memory, and from where it reads on. Demand is the claim size: a range asks for no more
 * rows than there are free slots. Thread-safe; every method is short.
 *
 * <p>The cursor is a performance hint: hints and sweeps move it back, and rows in memory are left out of what is read.
 */
final class Window {

    private static final Long[] NONE = {};
    // To pass an event that is not for this consumer, or not for this node, takes a quarter of what looking it up does.
    private static final double WIDEST_ALONG = 4;

    private final Registered consumer;
    private final int capacity;
    // A statement for a few rows costs as much as one for hundreds, and while as much as this is held, nobody waits.
    private final int leastRoom;
    // How many are looked up from the very beginning, where it is not known how close rows are: if they are close, the
    // others are read along, for a third less.
    private final int firstRows;
    private final KeyLanes lanes;
    private final ReadPositions positions = new ReadPositions();
    private final Map<Long, Claimed> inFlight = new HashMap<>();
    // Keys held since the range was asked for: their rows may have been read before that was stored.
    private final Set<Long> heldSince = new HashSet<>();
    // Whose outcomes are on their way to the database. Counted for each event, so without the lock.
    private final AtomicInteger handled = new AtomicInteger();
    private long highest;
    private long cursor;
    private long farthest;
    private long hinted = 0;
    // How far apart rows were, and up to where.
    private double spread = Double.POSITIVE_INFINITY;
    private long spreadTo;
    private boolean more;
    private boolean refilling;
    // One that fails leaves this set, which next() clears: the loop runs again.
    private volatile boolean reading;

    Window(Registered consumer) {
        this.consumer = consumer;
        this.capacity = consumer.windowSize();
        int ahead = consumer.options().prefetch() / 2;
        this.leastRoom = Math.max(1, consumer.isOrdered() ? Math.min(ahead, capacity / 16) : ahead);
        this.firstRows = RangeReading.rowsAtOnce(consumer);
        this.lanes = new KeyLanes(Math.max(consumer.unitSize(), capacity / 8), consumer.unitSize());
    }

    /** Something may be ready at or after this position. */
    synchronized void hint(long lowestSeq) {
        hinted = Math.min(hinted, lowestSeq);
    }

    /** The next range worth reading; {@code null} when there is no room or no reason. */
    synchronized Claims.@Nullable Range next() {
        reading = false;
        if (!wantsToRead()) {
            return null;
        }
        reading = true;
        int free = room();
        heldSince.clear();
        // Also for a refill: read from where it was skipped, a key's rows would come before those that became ready
        // since.
        lanes.lowerSkipped(hinted);
        refilling = lanes.hasLowKeys() && (!refilling || !mayReadOn());
        return refilling ? refill(free) : readOn(free);
    }

    /** Takes the first rows of a range into memory, for a consumer that is not ordered, and returns what can be handled. */
    synchronized List<List<Claimed>> admit(List<Claimed> first) {
        Units units = new Units(consumer.unitSize());
        first.forEach(row -> admit(row, units));
        return units.close();
    }

    /** Takes the rest of a range into memory and returns what can be handled now. */
    synchronized List<List<Claimed>> admit(Claims.Range range, RangeReading.Page page) {
        reading = false;
        List<Claimed> rows = page.rows();
        boolean full = range.isCutShort(page);
        long last = page.count() == 0 ? range.above() : page.last();
        List<Long> refilled = List.of(range.onlyKeys());
        lanes.reopen(refilled);
        Units units = new Units(consumer.unitSize());
        rows.stream().filter(row -> !row.blocked()).forEach(row -> admit(row, units));
        rows.stream().filter(row -> heldSince.contains(row.keyHash())).forEach(row -> hint(row.seq()));
        if (refilled.isEmpty()) {
            moveOn(range, page, full, last);
        } else if (full) {
            // Not beyond the cursor: above it an open transaction may still fill in.
            lanes.skip(refilled, Math.min(last, cursor) + 1);
        }
        lanes.forgetIdle(refilled);
        return units.close();
    }

    private void moveOn(Claims.Range range, RangeReading.Page page, boolean full, long last) {
        more = full;
        if (!consumer.isOrdered()) {
            spread = range.spread(page);
            spreadTo = last;
            // A page that was not full had all there was, also between here and where the cursor has been.
            cursor = Math.max(full ? cursor : Math.max(cursor, farthest), last);
            farthest = Math.max(farthest, cursor);
        } else if (page.count() > 0) {
            cursor = positions.advance(cursor, page, full, last);
            // The keys left out were not read: what the cursor passes is theirs to read on from.
            lanes.lowerSkipped(range.above() + 1);
        }
    }

    /** Whether the end of this row frees what is parked behind it: nothing of its key comes before that in memory. */
    boolean freesKey(Claimed row) {
        return row.followed() && isLast(row);
    }

    private synchronized boolean isLast(Claimed row) {
        return lanes.isLast(row);
    }

    /** The handler is done with these rows; returns what their keys were waiting for. */
    List<List<Claimed>> advance(List<Ended> ended) {
        handled.addAndGet(ended.size());
        return consumer.isOrdered() ? advanceKeys(ended) : List.of();
    }

    private synchronized List<List<Claimed>> advanceKeys(List<Ended> ended) {
        List<List<Claimed>> next = new ArrayList<>();
        Set<Long> held = keysHeld(ended);
        for (long key : keys(ended)) {
            List<Claimed> unit = held.contains(key) ? List.of() : lanes.advance(key);
            if (!unit.isEmpty()) {
                next.add(unit);
            }
        }
        return next;
    }

    /** The rows' outcomes are stored: frees their slots, and gives up what waited behind a key that is held now. */
    synchronized void settled(List<Ended> ended) {
        handled.addAndGet(-ended.size());
        for (Ended end : ended) {
            inFlight.remove(end.row().seq());
            if (end.isOwedStill()) {
                // It may be ready again by now, and have been left out of what was read since.
                hint(end.row().seq());
            }
        }
        if (consumer.isOrdered()) {
            keysHeld(ended).forEach(this::giveUp);
        }
    }

    /** Whether reading on could find something, unless a range is being read: that is asked behind it. */
    boolean wantsToRead() {
        return !reading && isWorthReading();
    }

    private synchronized boolean isWorthReading() {
        return hasReason() && room() >= leastRoom;
    }

    /** Whether the last range was cut short. */
    synchronized boolean hasMore() {
        return more;
    }

    synchronized int size() {
        return inFlight.size();
    }

    synchronized boolean holdsAnyOf(int partition) {
        return inFlight.values().stream().anyMatch(row -> row.partition() == partition);
    }

    /** What was handled makes room for as much again, up to half a window: or handlers would wait for the commit. */
    private int room() {
        return capacity + Math.min(handled.get(), capacity / 2) - inFlight.size();
    }

    private boolean hasReason() {
        return mayReadOn() || lanes.hasLowKeys();
    }

    private boolean mayReadOn() {
        return more || hinted != Long.MAX_VALUE;
    }

    private Claims.Range readOn(int free) {
        if (hinted <= cursor) {
            cursor = hinted - 1;
            positions.stepBack(cursor);
        }
        long upTo = reach(free);
        hinted = Long.MAX_VALUE;
        int limit = cursor > 0 ? free : Math.min(free, firstRows);
        return new Claims.Range(cursor, inFlightAfter(cursor), NONE, lanes.skippingKeys(), limit, upTo);
    }

    /** How far to read along the outbox, if that is likely to find something. */
    private long reach(int free) {
        if (cursor != spreadTo || spread > WIDEST_ALONG || free < Claims.Range.FEWEST_ALONG) {
            return Claims.Range.NO_END;
        }
        long end = cursor + (long) Math.ceil(free * spread);
        return more || hinted <= end ? end : Claims.Range.NO_END;
    }

    private Claims.Range refill(int free) {
        List<Long> keys = lanes.lowKeys();
        long from = keys.stream().mapToLong(lanes::skippedFrom).min().orElseThrow();
        return new Claims.Range(from - 1, inFlightAfter(from - 1), keys.toArray(NONE), NONE, free, Claims.Range.NO_END);
    }

    private void admit(Claimed row, Units units) {
        if (inFlight.containsKey(row.seq()) || heldSince.contains(row.keyHash())) {
            return;
        }
        if (!consumer.isOrdered()) {
            units.add(row);
        } else if (!lanes.admit(row, units)) {
            return;
        }
        inFlight.put(row.seq(), row);
        highest = Math.max(highest, row.seq());
    }

    private void giveUp(long key) {
        heldSince.add(key);
        hint(lanes.skippedFrom(key));
        for (Claimed waiting : lanes.close(key)) {
            inFlight.remove(waiting.seq());
            hint(waiting.seq());
        }
    }

    private Set<Long> keysHeld(List<Ended> ended) {
        Set<Long> held = new HashSet<>();
        for (Ended end : ended) {
            if (!end.letsKeyGoOn(consumer.deadHoldsKey())) {
                held.add(end.row().keyHash());
            }
        }
        return held;
    }

    private static Set<Long> keys(List<Ended> ended) {
        Set<Long> keys = new HashSet<>();
        ended.forEach(end -> keys.add(end.row().keyHash()));
        return keys;
    }

    private Long[] inFlightAfter(long seq) {
        return seq >= highest
                ? NONE
                : inFlight.keySet().stream().filter(held -> held > seq).toArray(Long[]::new);
    }
}
