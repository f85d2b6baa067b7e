package io.penstock.bus.r2dbc;

/**
 * That a consumer has work: never the truth, only a reason to look.
 *
 * @param lowestSeq the lowest position with a ready row, or {@link #NOTHING_READY}
 * @param dueInMillis when the earliest of its delayed rows is due, or {@link #NOTHING_DUE}
 */
record Hint(int consumerId, long lowestSeq, long dueInMillis) {

    /** Stands for no consumer: what is stored about the consumers themselves has changed. */
    static final int ALL_CONSUMERS = 0;

    static final long NOTHING_READY = Long.MAX_VALUE;
    static final long NOTHING_DUE = Long.MAX_VALUE;

    /** That there may be anything. */
    static Hint everything(int consumerId) {
        return new Hint(consumerId, 0, 0);
    }

    /** One that says what both say. */
    Hint and(Hint other) {
        return new Hint(consumerId, Math.min(lowestSeq, other.lowestSeq), Math.min(dueInMillis, other.dueInMillis));
    }
}
