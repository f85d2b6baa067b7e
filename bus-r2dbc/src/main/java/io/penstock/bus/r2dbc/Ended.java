package io.penstock.bus.r2dbc;

import io.penstock.bus.Outcome;

/**
 * A delivery that has its outcome.
 *
 * @param attempted whether the handler ran, so that an attempt is used
 * @param removed whether the inbox row is gone already, by the handler's own transaction
 * @param handlingNanos how long the handler ran
 */
record Ended(Claimed row, Outcome outcome, boolean attempted, boolean removed, long handlingNanos) {

    static Ended notAttempted(Claimed row, Outcome outcome) {
        return new Ended(row, outcome, false, false, 0);
    }

    static Ended attempted(Claimed row, Outcome outcome, long handlingNanos) {
        return new Ended(row, outcome, true, false, handlingNanos);
    }

    static Ended removed(Claimed row, long handlingNanos) {
        return new Ended(row, Outcome.COMPLETED, true, true, handlingNanos);
    }

    /** Whether later rows of the key may follow. */
    boolean letsKeyGoOn(boolean deadHoldsKey) {
        return outcome instanceof Outcome.Completed
                || outcome instanceof Outcome.Duplicate
                || (outcome instanceof Outcome.Dead && !deadHoldsKey);
    }

    /** Whether the row waits for a time, and is ready again when that has come. */
    boolean becomesReadyAgain() {
        return outcome instanceof Outcome.Retry
                || (outcome instanceof Outcome.Released released
                        && !released.delay().isZero());
    }
}
