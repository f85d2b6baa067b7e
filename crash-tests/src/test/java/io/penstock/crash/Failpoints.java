package io.penstock.crash;

import java.util.concurrent.atomic.AtomicInteger;

/** Ends the node when the armed point is passed for the n-th time, as SIGKILL would: nothing is tidied up. */
final class Failpoints {

    static final int EXIT_STATUS = 77;

    private final Failpoint armed;
    private final AtomicInteger left;

    Failpoints(Failpoint armed, int passes) {
        this.armed = armed;
        this.left = new AtomicInteger(passes);
    }

    boolean isArmed(Failpoint point) {
        return armed == point;
    }

    void pass(Failpoint point) {
        if (point == armed && left.decrementAndGet() == 0) {
            halt(point.name());
        }
    }

    static void halt(String marker) {
        Tell.line("fired " + marker);
        Runtime.getRuntime().halt(EXIT_STATUS);
    }
}
