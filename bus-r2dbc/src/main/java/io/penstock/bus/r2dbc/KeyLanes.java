package io.penstock.bus.r2dbc;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the deliveries of one key behind each other while other keys go on. Not thread-safe: {@link Window} guards it.
 *
 * <p>Design note: a key with more rows than its share of memory would fill the window and starve the other keys. Its
 * further rows are therefore skipped: they stay ready in the database, the lane remembers from where, and when it runs
 * low that range is read again ({@link #refillFrom}). Every row is so read at most once ahead and once in its turn.
 */
final class KeyLanes {

    static final long NONE = Long.MAX_VALUE;

    private final Map<Long, Lane> lanes = new HashMap<>();
    private final int laneSize;
    private final int unitSize;
    private long refillFrom = NONE;

    KeyLanes(int laneSize, int unitSize) {
        this.laneSize = laneSize;
        this.unitSize = unitSize;
    }

    /** Takes a row into its lane, into the unit being formed if its key is idle; {@code false}: skipped for now. */
    boolean admit(Claimed row, Units units) {
        Lane lane = lanes.computeIfAbsent(row.keyHash(), key -> new Lane());
        if (row.seq() >= lane.skippedFrom || lane.waiting.size() >= laneSize) {
            lane.skippedFrom = Math.min(lane.skippedFrom, row.seq());
            return false;
        }
        if (lane.unit == null || (units.isForming(lane.unit) && Units.mayJoin(row, lane.unit))) {
            lane.unit = units.add(row);
        } else {
            lane.waiting.add(row);
        }
        return true;
    }

    /** Whether nothing of the row's key waits behind it in memory. */
    boolean isLast(Claimed row) {
        Lane lane = lanes.get(row.keyHash());
        return lane == null || lane.waiting.isEmpty();
    }

    /** The unit of this key has ended well; emits the next one, if any. */
    List<Claimed> advance(long keyHash) {
        Lane lane = lanes.get(keyHash);
        if (lane == null) {
            return List.of();
        }
        List<Claimed> next = lane.next(unitSize);
        if (lane.skippedFrom != NONE && lane.waiting.size() <= laneSize / 2) {
            refillFrom = Math.min(refillFrom, lane.skippedFrom);
        }
        if (next.isEmpty()) {
            lane.unit = null;
            forgetIfIdle(keyHash, lane);
        } else {
            lane.unit = next;
        }
        return next;
    }

    /** The unit of this key has to be waited for in the database; emits what waited behind it here. */
    List<Claimed> close(long keyHash) {
        Lane lane = lanes.remove(keyHash);
        return lane == null ? List.of() : List.copyOf(lane.waiting);
    }

    /** From where rows were skipped for the given key, or {@link #NONE}. */
    long skippedFrom(long keyHash) {
        Lane lane = lanes.get(keyHash);
        return lane == null ? NONE : lane.skippedFrom;
    }

    /** Takes the position from which a lane that runs low has to be read again, or {@link #NONE}. */
    long takeRefill() {
        long from = refillFrom;
        refillFrom = NONE;
        return from;
    }

    boolean needsRefill() {
        return refillFrom != NONE;
    }

    /** What was skipped from here on is being read again: lanes forget it, so that it can be admitted. */
    List<Long> reopen(long from, long upTo) {
        List<Long> reopened = new ArrayList<>();
        lanes.forEach((key, lane) -> {
            if (lane.skippedFrom >= from && lane.skippedFrom <= upTo) {
                lane.skippedFrom = NONE;
                reopened.add(key);
            }
        });
        return reopened;
    }

    /** Reading again ended before these lanes could be filled: what follows counts as skipped once more. */
    void skip(List<Long> keys, long from) {
        for (Long key : keys) {
            Lane lane = lanes.computeIfAbsent(key, missing -> new Lane());
            lane.skippedFrom = Math.min(lane.skippedFrom, from);
            if (lane.unit == null) {
                refillFrom = Math.min(refillFrom, lane.skippedFrom);
            }
        }
    }

    void forgetIdle(List<Long> keys) {
        keys.forEach(key -> {
            Lane lane = lanes.get(key);
            if (lane != null) {
                forgetIfIdle(key, lane);
            }
        });
    }

    private void forgetIfIdle(long keyHash, Lane lane) {
        if (lane.unit == null && lane.waiting.isEmpty() && lane.skippedFrom == NONE) {
            lanes.remove(keyHash);
        }
    }

    /** One key: what runs, what waits behind it in memory, and where more of it waits in the database. */
    private static final class Lane {

        private final ArrayDeque<Claimed> waiting = new ArrayDeque<>();
        private @Nullable List<Claimed> unit;
        private long skippedFrom = NONE;

        List<Claimed> next(int most) {
            List<Claimed> next = new ArrayList<>();
            while (!waiting.isEmpty() && next.size() < most && Units.mayJoin(waiting.peek(), next)) {
                next.add(waiting.remove());
            }
            return next;
        }
    }
}
