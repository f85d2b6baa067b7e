package io.penstock.bus.r2dbc;

import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Schedulers;

/** Goes off at the earliest of the times it was given. Thread-safe. */
final class DueTimer implements Disposable {

    /** A timer that is so late is lost: a scheduler may lose one, virtual time in a test say. */
    static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long FARTHEST_NANOS = TimeUnit.HOURS.toNanos(1);

    private final Runnable onDue;
    private final Disposable.Swap timer = Disposables.swap();
    private boolean armed;
    private long deadline;

    DueTimer(Runnable onDue) {
        this.onDue = onDue;
    }

    /** Times farther away than an hour go off after an hour: whoever then looks sets the timer anew. */
    void in(long millis) {
        inNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    synchronized void inNanos(long nanos) {
        long delay = Math.max(0, Math.min(nanos, FARTHEST_NANOS));
        long at = System.nanoTime() + delay;
        if (armed && deadline - at <= 0 && System.nanoTime() - deadline < LATE_NANOS) {
            return;
        }
        // One that has gone off may be what sets it anew, and is not to be interrupted in that.
        boolean isSet = armed;
        armed = true;
        deadline = at;
        Disposable next = Schedulers.parallel().schedule(this::goOff, delay, TimeUnit.NANOSECONDS);
        if (isSet) {
            timer.update(next);
        } else {
            timer.replace(next);
        }
    }

    private void goOff() {
        synchronized (this) {
            armed = false;
        }
        onDue.run();
    }

    @Override
    public void dispose() {
        timer.dispose();
    }
}
