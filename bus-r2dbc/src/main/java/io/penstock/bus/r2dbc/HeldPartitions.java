package io.penstock.bus.r2dbc;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What this node holds of one consumer, until its own monotonic clock says that the lease may be over.
 *
 * @param draining those about to be given back: nothing more of them is claimed or started
 * @param gains how often there was more to claim from than before
 * @param since with which gain each partition came: it was held without a break since
 */
record HeldPartitions(Set<Integer> all, Set<Integer> draining, long untilNanos, long gains, Map<Integer, Long> since) {

    static final HeldPartitions NOTHING = new HeldPartitions(Set.of(), Set.of(), 0);
    private static final Integer[] NONE = {};

    HeldPartitions(Set<Integer> all, Set<Integer> draining, long untilNanos) {
        this(all, draining, untilNanos, 0, Map.of());
    }

    HeldPartitions {
        all = Set.copyOf(all);
        draining = Set.copyOf(draining);
        since = Map.copyOf(since);
    }

    /** The partitions to claim from: held for certain, and not about to be given back. */
    Integer[] claimable() {
        return isOver() ? NONE : all.stream().filter(this::canStart).toArray(Integer[]::new);
    }

    /** The same, with what was gained counted on from before. */
    HeldPartitions after(HeldPartitions before) {
        boolean wasOver = before.isOver();
        boolean hasMore = all.stream().anyMatch(partition -> isGained(partition, before, wasOver));
        long now = before.gains + (hasMore ? 1 : 0);
        Map<Integer, Long> from = new HashMap<>();
        all.forEach(partition -> from.put(partition, wasOver ? now : before.since.getOrDefault(partition, now)));
        return new HeldPartitions(all, draining, untilNanos, now, from);
    }

    /** What was over may have been passed by, and have been another node's in between. */
    private boolean isGained(int partition, HeldPartitions before, boolean wasOver) {
        return wasOver || !before.all.contains(partition) || (canStart(partition) && !before.canStart(partition));
    }

    boolean canStart(int partition) {
        return all.contains(partition) && !draining.contains(partition);
    }

    /** Whether the row's partition is held, and was all the time since the row was read. */
    boolean holds(Claimed row) {
        Long from = since.get(row.partition());
        return from != null && from <= row.gain() && !isOver();
    }

    /** Whether all of a consumer's partitions are held for certain, and none is about to be given back. */
    boolean isWhole(int partitions) {
        return all.size() == partitions && draining.isEmpty() && !isOver();
    }

    boolean isOver() {
        return all.isEmpty() || System.nanoTime() - untilNanos >= 0;
    }
}
