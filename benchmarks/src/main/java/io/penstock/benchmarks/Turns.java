package io.penstock.benchmarks;

/**
 * When a variant has its turn.
 *
 * @param warmsUp whether it works, not counted, before the first round
 * @param rounds it takes part in, at most
 */
record Turns(boolean warmsUp, int rounds) {

    static final Turns ALL = new Turns(true, Integer.MAX_VALUE);

    /** For what starts processes of its own in each cell: nothing of a warm-up would be left for the next. */
    Turns cold() {
        return new Turns(false, rounds);
    }

    Turns once() {
        return new Turns(warmsUp, 1);
    }
}
