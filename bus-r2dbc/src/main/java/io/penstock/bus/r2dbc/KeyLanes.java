package io.penstock.bus.r2dbc;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the deliveries of one key behind each other while other keys go on. Not thread-safe: {@link Window} guards it.
 *
 * <p>Design note: a key with more rows than its share of memory would fill the window and starve the other keys. Its
 * further rows are therefore skipped: they stay ready in the database, the lane remembers from where, what is read for
 * the other keys leaves this one out, and when the lane runs low the rows of its key alone are read on from there.
 */
final class KeyLanes {

    static final long NONE = Long.MAX_VALUE;

    private final Map<Long, Lane> lanes = new HashMap<>();
    private final Map<Long, Lane> skipping = new HashMap<>();
    private final int laneSize;
    private final int unitSize;

    KeyLanes(int laneSize, int unitSize) {
        this.laneSize = laneSize;
        this.unitSize = unitSize;
    }

    /** Takes a row into its lane, into the unit being formed if its key is idle; {@code false}: skipped for now. */
    boolean admit(Claimed row, Units units) {
        Lane lane = lanes.computeIfAbsent(row.keyHash(), key -> new Lane());
        if (row.seq() >= lane.skippedFrom || lane.waiting.size() >= laneSize) {
            skip(row.keyHash(), lane, row.seq());
            return false;
        }
        if (lane.unit == null || (lane.waiting.isEmpty() && units.mayGrow(lane.unit, row))) {
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

    /** The unit of this key has ended well; returns the next one, empty when there is none. */
    List<Claimed> advance(long keyHash) {
        Lane lane = lanes.get(keyHash);
        if (lane == null) {
            return List.of();
        }
        List<Claimed> next = lane.next(unitSize);
        lane.unit = next.isEmpty() ? null : next;
        forgetIfIdle(keyHash, lane);
        return next;
    }

    /** The unit of this key has to be waited for in the database; returns what waited behind it here. */
    Collection<Claimed> close(long keyHash) {
        Lane lane = lanes.remove(keyHash);
        skipping.remove(keyHash);
        return lane == null ? List.of() : lane.waiting;
    }

    /** From where rows were skipped for the given key, or {@link #NONE}. */
    long skippedFrom(long keyHash) {
        Lane lane = skipping.get(keyHash);
        return lane == null ? NONE : lane.skippedFrom;
    }

    /** The keys of which rows were skipped. */
    Long[] skippingKeys() {
        return skipping.keySet().toArray(Long[]::new);
    }

    /** Those of them that run low. */
    List<Long> lowKeys() {
        return skipping.entrySet().stream()
                .filter(lane -> lane.getValue().waiting.size() <= laneSize / 2)
                .map(Map.Entry::getKey)
                .toList();
    }

    boolean hasLowKeys() {
        return !skipping.isEmpty() && skipping.values().stream().anyMatch(lane -> lane.waiting.size() <= laneSize / 2);
    }

    /** A row may have come in from here on, for whichever key: what is skipped begins no later. */
    void lowerSkipped(long from) {
        skipping.values().forEach(lane -> lane.skippedFrom = Math.min(lane.skippedFrom, from));
    }

    /** The rows of these keys are read on: they can be admitted. */
    void reopen(List<Long> keys) {
        keys.forEach(key -> {
            Lane lane = skipping.remove(key);
            if (lane != null) {
                lane.skippedFrom = NONE;
            }
        });
    }

    /** Reading these keys ended before all of their rows were seen. */
    void skip(List<Long> keys, long from) {
        keys.forEach(key -> skip(key, lanes.computeIfAbsent(key, missing -> new Lane()), from));
    }

    void forgetIdle(List<Long> keys) {
        for (Long key : keys) {
            Lane lane = lanes.get(key);
            if (lane != null) {
                forgetIfIdle(key, lane);
            }
        }
    }

    private void skip(long keyHash, Lane lane, long from) {
        lane.skippedFrom = Math.min(lane.skippedFrom, from);
        skipping.put(keyHash, lane);
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
