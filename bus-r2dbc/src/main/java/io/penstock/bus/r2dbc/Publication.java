package io.penstock.bus.r2dbc;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Events written in a transaction of the caller's, not committed yet. Once the caller has committed it, {@link
 * #committed()} wakes the consumers; without that call, or after a rollback, the poll finds what there is. Thread-safe.
 */
public final class Publication {

    private final WakeUp wakeUp;
    private final List<Hint> hints;
    private final AtomicBoolean told = new AtomicBoolean();

    Publication(WakeUp wakeUp, List<Hint> hints) {
        this.wakeUp = wakeUp;
        this.hints = hints;
    }

    /** Tells the bus that the transaction is committed. Waits for nothing; a second call does nothing. */
    public void committed() {
        if (told.compareAndSet(false, true)) {
            wakeUp.committed(hints);
        }
    }
}
