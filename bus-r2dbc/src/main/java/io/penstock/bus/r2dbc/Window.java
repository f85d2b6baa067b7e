package io.penstock.bus.r2dbc;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one consumer holds in memory, and from where it reads on. Demand is the claim size: a range asks for no more
 * rows than there are free slots. Thread-safe; every method is short.
 *
 * <p>The cursor is a performance hint: hints and sweeps move it back, and rows in memory are left out of what is read.
 */
final class Window {

    private final Registered consumer;
    private final int capacity;
    private final KeyLanes lanes;
    private final Map<Long, Claimed> inFlight = new LinkedHashMap<>();
    // A failed row may be ready again before this window forgets it; a read in between would leave it out for good.
    private final Map<Long, Long> failing = new HashMap<>();
    private long reads;
    private long cursor;
    private long hinted = 0;
    private boolean more;
    private @Nullable Long refillEnd;

    Window(Registered consumer) {
        this.consumer = consumer;
        this.capacity = consumer.windowSize();
        this.lanes = new KeyLanes(Math.max(consumer.unitSize(), capacity / 8), consumer.unitSize());
    }

    /** Something may be ready at or after this position. */
    synchronized void hint(long lowestSeq) {
        hinted = Math.min(hinted, lowestSeq);
    }

    /** The next range worth reading; {@code null} when there is no room or no reason. */
    synchronized Claims.@Nullable Range next() {
        int free = capacity - inFlight.size();
        if (free <= 0 || !hasReason()) {
            return null;
        }
        reads++;
        long refill = lanes.takeRefill();
        if (refill != KeyLanes.NONE && refill <= cursor && hinted > refill) {
            refillEnd = cursor;
            return new Claims.Range(refill - 1, cursor, inFlightAfter(refill - 1), free);
        }
        refillEnd = null;
        cursor = Math.min(cursor, Math.min(hinted, refill) - 1);
        hinted = Long.MAX_VALUE;
        return new Claims.Range(cursor, Long.MAX_VALUE, inFlightAfter(cursor), free);
    }

    /** Takes the rows of a range into memory and returns what can be handled now. */
    synchronized List<List<Claimed>> admit(Claims.Range range, List<Claimed> rows) {
        boolean full = rows.size() == range.limit();
        long last = rows.isEmpty() ? range.above() : rows.get(rows.size() - 1).seq();
        long covered = full ? last : range.upTo();
        List<Long> reopened = lanes.reopen(range.above() + 1, covered);
        Units units = new Units(consumer.unitSize());
        rows.stream().filter(row -> !row.blocked()).forEach(row -> admit(row, units));
        if (refillEnd == null) {
            cursor = Math.max(cursor, last);
            more = full;
        } else if (full) {
            lanes.skip(reopened, last + 1);
        }
        lanes.forgetIdle(reopened);
        return units.close();
    }

    /** Whether nothing of the row's key waits behind it in memory. */
    synchronized boolean isLastOfKey(Claimed row) {
        return lanes.isLast(row);
    }

    /** The handler is done with these rows; returns what their keys were waiting for. */
    synchronized List<List<Claimed>> advance(List<Ended> ended) {
        ended.stream()
                .filter(Ended::becomesReadyAgain)
                .forEach(end -> failing.put(end.row().seq(), reads));
        if (!consumer.isOrdered()) {
            return List.of();
        }
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
        ended.forEach(end -> forget(end.row().seq()));
        if (consumer.isOrdered()) {
            keysHeld(ended).forEach(this::giveUp);
        }
    }

    /** Whether reading on could find something. */
    synchronized boolean wantsToRead() {
        return hasReason() && inFlight.size() < capacity;
    }

    synchronized int size() {
        return inFlight.size();
    }

    synchronized boolean holdsAnyOf(Set<Integer> partitions) {
        return inFlight.values().stream().anyMatch(row -> partitions.contains(row.partition()));
    }

    private boolean hasReason() {
        return more || hinted != Long.MAX_VALUE || lanes.needsRefill();
    }

    private void admit(Claimed row, Units units) {
        if (inFlight.containsKey(row.seq())) {
            return;
        }
        if (!consumer.isOrdered()) {
            units.add(row);
        } else if (!lanes.admit(row, units)) {
            return;
        }
        inFlight.put(row.seq(), row);
    }

    private void forget(long seq) {
        inFlight.remove(seq);
        Long readsBefore = failing.remove(seq);
        if (readsBefore != null && readsBefore != reads) {
            hinted = Math.min(hinted, seq);
        }
    }

    private void giveUp(long key) {
        hinted = Math.min(hinted, lanes.skippedFrom(key));
        for (Claimed waiting : lanes.close(key)) {
            inFlight.remove(waiting.seq());
            hinted = Math.min(hinted, waiting.seq());
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
        return inFlight.keySet().stream().filter(held -> held > seq).toArray(Long[]::new);
    }
}
