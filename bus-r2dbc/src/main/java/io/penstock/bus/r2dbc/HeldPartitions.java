package io.penstock.bus.r2dbc;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What this node holds of one consumer, until its own monotonic clock says that the lease may be over. Immutable.
 *
 * <p>Design note: whether it may start is asked of each delivery, so that is looked up by partition in an array.
 */
final class HeldPartitions {

    static final HeldPartitions NOTHING = new HeldPartitions(Set.of(), Set.of(), 0);
    private static final Integer[] NONE = {};
    private static final long NEVER = Long.MAX_VALUE;

    private final Set<Integer> all;
    private final Set<Integer> draining;
    private final long untilNanos;
    private final long gains;
    private final long[] since;
    private final long[] startableSince;

    HeldPartitions(Set<Integer> all, Set<Integer> draining, long untilNanos) {
        this(all, draining, untilNanos, 0, Map.of());
    }

    /**
     * @param draining those about to be given back: nothing more of them is claimed or started
     * @param gains how often there was more to claim from than before
     * @param since with which gain each partition came, now if it is not there: it was held without a break since
     */
    HeldPartitions(Set<Integer> all, Set<Integer> draining, long untilNanos, long gains, Map<Integer, Long> since) {
        this.all = Set.copyOf(all);
        this.draining = Set.copyOf(draining);
        this.untilNanos = untilNanos;
        this.gains = gains;
        this.since =
                new long[1 + all.stream().mapToInt(partition -> partition).max().orElse(-1)];
        Arrays.fill(this.since, NEVER);
        all.forEach(partition -> this.since[partition] = since.getOrDefault(partition, gains));
        this.startableSince = this.since.clone();
        all.stream().filter(draining::contains).forEach(partition -> startableSince[partition] = NEVER);
    }

    Set<Integer> all() {
        return all;
    }

    Set<Integer> draining() {
        return draining;
    }

    long gains() {
        return gains;
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
        all.forEach(partition ->
                from.put(partition, wasOver || !before.all.contains(partition) ? now : before.since[partition]));
        return new HeldPartitions(all, draining, untilNanos, now, from);
    }

    /** What was over may have been passed by, and have been another node's in between. */
    private boolean isGained(int partition, HeldPartitions before, boolean wasOver) {
        return wasOver || !before.all.contains(partition) || (canStart(partition) && !before.canStart(partition));
    }

    private boolean canStart(int partition) {
        return all.contains(partition) && !draining.contains(partition);
    }

    /** Whether the row's partition is held, and was all the time since the row was read. */
    boolean holds(Claimed row) {
        return isOld(since, row) && !isOver();
    }

    /** The same, and it is not about to be given back. */
    boolean letsStart(Claimed row) {
        return isOld(startableSince, row) && !isOver();
    }

    private static boolean isOld(long[] since, Claimed row) {
        return row.partition() < since.length && since[row.partition()] <= row.gain();
    }

    /** Whether all of a consumer's partitions are held for certain, and none is about to be given back. */
    boolean isWhole(int partitions) {
        return all.size() == partitions && draining.isEmpty() && !isOver();
    }

    boolean isOver() {
        return all.isEmpty() || System.nanoTime() - untilNanos >= 0;
    }
}
