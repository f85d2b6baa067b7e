package io.penstock.bus.r2dbc;

/** What this node may do just now with the rows of one consumer. Thread-safe. */
final class Ownership {

    private final PartitionLeases leases;
    private final int consumerId;
    private volatile boolean stopping;
    private volatile boolean paused;
    private volatile boolean pausedEverywhere;

    Ownership(PartitionLeases leases, int consumerId, boolean pausedEverywhere) {
        this.pausedEverywhere = pausedEverywhere;
        this.leases = leases;
        this.consumerId = consumerId;
    }

    /** Nothing more is claimed or started. */
    void stop() {
        stopping = true;
    }

    /** Until it is resumed nothing is claimed or started on this node. */
    void pause(boolean isPaused) {
        paused = isPaused;
    }

    /** The same for all nodes, as the database says. */
    void pauseEverywhere(boolean isPaused) {
        pausedEverywhere = isPaused;
    }

    boolean isPausedEverywhere() {
        return pausedEverywhere;
    }

    private boolean isHalted() {
        return stopping || paused || pausedEverywhere;
    }

    /** What to claim from. */
    HeldPartitions held() {
        return isHalted() ? HeldPartitions.NOTHING : leases.held(consumerId);
    }

    boolean isStopping() {
        return stopping;
    }

    /** Whether a handler may be begun on the row. */
    boolean mayStart(Claimed row) {
        return !isHalted() && leases.mayStart(consumerId, row);
    }

    /** Whether what was begun may be written as this node's: the lease was never over since, by its own clock. */
    boolean mayEnd(Claimed row) {
        return leases.mayEnd(consumerId, row);
    }

    /** Whether the row's owner died when the row was there. */
    boolean isSuspect(Claimed row) {
        return leases.suspects(consumerId, row);
    }
}
