package io.penstock.bus.r2dbc;

import java.util.Set;

/**
 * What this node holds of one consumer, until its own monotonic clock says that the lease may be over.
 *
 * @param draining those about to be given back: nothing more of them is claimed or started
 * @param gains how often there was more to claim from than before
 */
record HeldPartitions(Set<Integer> all, Set<Integer> draining, long untilNanos, long gains) {

    static final HeldPartitions NOTHING = new HeldPartitions(Set.of(), Set.of(), 0, 0);
    private static final Integer[] NONE = {};

    HeldPartitions(Set<Integer> all, Set<Integer> draining, long untilNanos) {
        this(all, draining, untilNanos, 0);
    }

    HeldPartitions {
        all = Set.copyOf(all);
        draining = Set.copyOf(draining);
    }

    /** The partitions to claim from: held for certain, and not about to be given back. */
    Integer[] claimable() {
        return isOver() ? NONE : all.stream().filter(this::canStart).toArray(Integer[]::new);
    }

    /** The same, with what was gained counted on from before. */
    HeldPartitions after(HeldPartitions before) {
        return new HeldPartitions(all, draining, untilNanos, before.gains + (hasMoreThan(before) ? 1 : 0));
    }

    /** Whether something can be claimed from now that could not before; what was over may have been passed by. */
    private boolean hasMoreThan(HeldPartitions before) {
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
