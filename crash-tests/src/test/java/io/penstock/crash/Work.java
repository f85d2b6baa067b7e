package io.penstock.crash;

import io.penstock.bus.EventType;

/** What an event asks its handlers to do besides writing their effect; see {@link Tasks}. */
@EventType("crash.work")
record Work(String task) {

    static final Work PLAIN = new Work("");
    static final Work HALT = new Work("halt");
    static final Work HOLD = new Work("hold");
    static final Work HOLD_THEN_FAIL = new Work("hold-then-fail");
    static final Work FAIL = new Work("fail");
    static final Work COUNT = new Work("count");

    static Work slow(long millis) {
        return new Work("slow " + millis);
    }

    /** Locks two counters in this order; two such events with opposite orders are a deadlock. */
    static Work lock(int first, int second) {
        return new Work("lock " + first + " " + second);
    }
}
