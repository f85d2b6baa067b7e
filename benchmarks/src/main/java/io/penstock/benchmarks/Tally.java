package io.penstock.benchmarks;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Counts how often each event was handled, and says when all were. Thread-safe. */
public final class Tally {

    private final AtomicIntegerArray seen;
    private final AtomicInteger missing;
    private final CountDownLatch all = new CountDownLatch(1);

    public Tally(int events) {
        this.seen = new AtomicIntegerArray(events);
        this.missing = new AtomicInteger(events);
        if (events == 0) {
            all.countDown();
        }
    }

    /** Returns whether this was the first time. */
    public boolean handled(int number) {
        boolean first = seen.getAndIncrement(number) == 0;
        if (first && missing.decrementAndGet() == 0) {
            all.countDown();
        }
        return first;
    }

    /** Waits until every event was handled; throws when that takes too long. */
    public void await(Duration most) throws InterruptedException {
        if (!all.await(most.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException(missing.get() + " of " + seen.length() + " events were not handled");
        }
    }

    /** Throws unless each event was handled exactly once: no process died here, so nothing is to come twice. */
    public void requireEachOnce() {
        long repeated = 0;
        for (int i = 0; i < seen.length(); i++) {
            repeated += Math.max(0, seen.get(i) - 1);
        }
        if (missing.get() != 0 || repeated != 0) {
            throw new IllegalStateException(
                    missing.get() + " of " + seen.length() + " events were not handled, " + repeated + " came again");
        }
    }
}
