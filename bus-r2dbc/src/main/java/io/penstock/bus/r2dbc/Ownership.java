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

    private boolean isResting() {
        return stopping || paused || pausedEverywhere;
    }

    /** What to claim from. */
    HeldPartitions held() {
        return isResting() ? HeldPartitions.NOTHING : leases.held(consumerId);
    }

    /** Whether a handler may be begun on the row. */
    boolean mayStart(Claimed row) {
        return !isResting() && leases.mayStart(consumerId, row.partition());
    }

    /** Whether what was begun may be written as this node's: its lease may not be over by its own clock. */
    boolean mayEnd(Claimed row) {
        return leases.holds(consumerId, row.partition());
    }

    /** Whether the row's owner died when the row was there. */
    boolean isSuspect(Claimed row) {
        return leases.suspects(consumerId, row);
    }
}
