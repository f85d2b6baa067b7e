package io.penstock.bus.r2dbc;

import java.util.Set;

/**
 * What this node holds of one consumer, until its own monotonic clock says that the lease may be over.
 *
 * @param draining those about to be given back: nothing more of them is claimed or started
 */
record HeldPartitions(Set<Integer> all, Set<Integer> draining, long untilNanos) {

    static final HeldPartitions NOTHING = new HeldPartitions(Set.of(), Set.of(), 0);

    HeldPartitions {
        all = Set.copyOf(all);
        draining = Set.copyOf(draining);
    }

    Integer[] claimable() {
        return all.stream().filter(this::canStart).toArray(Integer[]::new);
    }

    /** Whether something can be claimed from now that could not before; what was over may have been passed by. */
    boolean hasMoreThan(HeldPartitions before) {
        return all.stream()
                .anyMatch(partition -> canStart(partition) && (before.isOver() || !before.canStart(partition)));
    }

    boolean canStart(int partition) {
        return all.contains(partition) && !draining.contains(partition);
    }

    /** Whether all of a consumer's partitions are held for certain, and none is about to be given back. */
    boolean isWhole(int partitions) {
        return all.size() == partitions && draining.isEmpty() && !isOver();
    }

    boolean isOver() {
        return all.isEmpty() || System.nanoTime() - untilNanos >= 0;
    }
}
